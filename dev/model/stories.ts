import fc from 'fast-check'
import type { Action, Put } from './actions.ts'
import { bet, changeCoefficient, end, on, turnstile } from './parts-of-plans.ts'

/** Most likely opens an event, in bet-maker too. */
const opened = (event: number): Action[] => [
  { kind: 'put', on: 0, event, bare: false, change: { state: 'NEW', reason: 'on again' } },
  { kind: 'sync', on: 0 },
]

const ended = (event: number, { change }: Put): Put => {
  const state = change.state === 'NEW' ? 'FINISHED_WIN' : (change.state ?? 'CANCELLED')
  return { kind: 'put', on: 1, event, bare: false, change: { ...change, state } }
}

/** A bet is held while its event ends and is settled, by a worker that began before or another. */
export const race = fc
  .record({ bet, end, at: turnstile, steps: fc.nat({ max: 4 }), settler: on, late: fc.boolean() })
  .map(({ bet, end, at, steps, settler, late }): Action => {
    const begin: Action[] = [
      { kind: 'stepped', role: 'worker', on: settler, stepped: true },
      { kind: 'settle', on: settler },
      { kind: 'step', role: 'worker', on: settler, times: steps },
    ]
    const placing: Action[] = [
      { kind: 'hold', at },
      { ...bet, seen: 'none', key: undefined },
    ]
    const ending: Action[] = [ended(bet.event, end), { kind: 'sync', on: 1 - settler }]
    const settling: Action[] = [
      { kind: 'stepped', role: 'worker', on: settler, stepped: false },
      { kind: 'settle', on: 1 - settler },
      { kind: 'settle', on: settler },
      { kind: 'release' },
    ]
    const middle = late ? [...placing, ...begin, ...ending] : [...begin, ...placing, ...ending]
    return { kind: 'story', actions: [...opened(bet.event), ...middle, ...settling] }
  })

/** A worker applies a correction while another one settles. */
export const correctedMidway = fc.record({ steps: fc.nat({ max: 6 }), end, settler: on }).map(
  ({ steps, end, settler }): Action => ({
    kind: 'story',
    actions: [
      { kind: 'stepped', role: 'worker', on: settler, stepped: true },
      { kind: 'settle', on: settler },
      { kind: 'step', role: 'worker', on: settler, times: steps },
      end,
      { kind: 'sync', on: 1 - settler },
      { kind: 'stepped', role: 'worker', on: settler, stepped: false },
    ],
  }),
)

/** An event that a feed sync does not know yet changes again while the sync reads. */
export const changedWhileRead = fc
  .record({ first: changeCoefficient, second: end, steps: fc.nat({ max: 6 }), on })
  .map(
    ({ first, second, steps, on }): Action => ({
      kind: 'story',
      actions: [
        first,
        { kind: 'stepped', role: 'worker', on, stepped: true },
        { kind: 'sync', on },
        { kind: 'step', role: 'worker', on, times: steps },
        { ...second, event: first.event },
        { kind: 'stepped', role: 'worker', on, stepped: false },
      ],
    }),
  )

/** A worker stops for an hour in the middle of a feed sync: what it then stores is an hour old. */
export const stoppedSync = fc.record({ bet, steps: fc.integer({ min: 1, max: 5 }), on }).map(
  ({ bet, steps, on }): Action => ({
    kind: 'story',
    actions: [
      ...opened(bet.event),
      { kind: 'stepped', role: 'worker', on, stepped: true },
      { kind: 'sync', on },
      { kind: 'step', role: 'worker', on, times: steps },
      { kind: 'age' },
      { kind: 'stepped', role: 'worker', on, stepped: false },
      { ...bet, seen: 'none', key: undefined },
    ],
  }),
)
