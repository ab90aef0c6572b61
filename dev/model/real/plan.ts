import fc from 'fast-check'
import type { Action, Bet, Put, Transfer } from '../actions.ts'
import { bet, changeCoefficient, end, on, put, transfer } from '../parts-of-plans.ts'
import { weighted } from '../weighted.ts'
import type { Base, RealRole } from './fleet.ts'

/** Each has its own changer. */
export const REAL_EVENTS = 6
const BETTORS = 8

type Again = Extract<Action, { kind: 'again' }>

/** A fault of a process or a connection. `on` is the index of the process, of two. */
export type Fault =
  | { kind: 'kill'; role: RealRole; on: number }
  /** A worker is paused for a while, with all that it holds. */
  | { kind: 'pause'; on: number; forMs: number }
  | { kind: 'terminate'; base: Base }
  | { kind: 'repeat'; picks: number[] }
  | { kind: 'purge' | 'poison' | 'lease_ends' | 'age' | 'drought' }

/**
 * The actions of a run, all concurrent: bettors and changers cycle through their lists until all
 * faults have happened. A bettor sends the requests of one round at once.
 */
export interface RealPlan {
  bettors: { pauseMs: number; rounds: (Bet | Again | Transfer)[][] }[]
  /** One for each event. */
  changers: { pauseMs: number; puts: Put[]; last: Put }[]
  faults: { afterMs: number; fault: Fault }[]
}

const event = fc.nat({ max: REAL_EVENTS - 1 })
const anyBet = fc.record({ bet, event }).map(({ bet, event }): Bet => ({ ...bet, event }))
const again = fc.record<Again>({
  kind: fc.constant('again'),
  on,
  // One of the latest.
  which: fc.integer({ min: -40, max: -1 }),
  alter: fc.constantFrom('nothing', 'nothing', 'cents', 'event', 'seen', 'accept_odds', 'account'),
})
const bettor = fc.record({
  pauseMs: fc.integer({ min: 2, max: 40 }),
  rounds: fc.array(
    fc.array(weighted<Bet | Again | Transfer>([6, anyBet], [2, again], [1, transfer]), {
      minLength: 1,
      maxLength: 3,
      size: 'max',
    }),
    { minLength: 3, maxLength: 8, size: 'max' },
  ),
})
const changer = fc.record({
  pauseMs: fc.integer({ min: 10, max: 120 }),
  puts: fc.array(weighted<Put>([4, end], [4, changeCoefficient], [1, put]), {
    minLength: 2,
    maxLength: 8,
    size: 'max',
  }),
  last: end,
})

const kill = fc.record({
  kind: fc.constant('kill' as const),
  role: fc.constantFrom<RealRole>('line', 'api', 'api', 'worker', 'worker'),
  on,
})
const pause = fc.record({
  kind: fc.constant('pause' as const),
  on,
  forMs: fc.integer({ min: 20, max: 1_500 }),
})
const terminate = fc.record({
  kind: fc.constant('terminate' as const),
  base: fc.constantFrom<Base>('line', 'bet', 'bet'),
})
const repeat = fc.record({
  kind: fc.constant('repeat' as const),
  picks: fc.array(fc.nat({ max: 100 }), { minLength: 5, maxLength: 40, size: 'max' }),
})
const other = fc
  .constantFrom('purge', 'purge', 'poison', 'lease_ends', 'lease_ends', 'age', 'drought')
  .map((kind): Fault => ({ kind }))
const fault = weighted<Fault>([6, kill], [2, pause], [2, terminate], [2, repeat], [4, other])

const exactly = <T>(arbitrary: fc.Arbitrary<T>, count: number) =>
  fc.array(arbitrary, { minLength: count, maxLength: count })

const plan: fc.Arbitrary<RealPlan> = fc.record({
  bettors: exactly(bettor, BETTORS),
  changers: exactly(changer, REAL_EVENTS),
  faults: fc.array(fc.record({ afterMs: fc.integer({ min: 50, max: 600 }), fault }), {
    minLength: 6,
    maxLength: 10,
    size: 'max',
  }),
})

/** Only the faults of a plan are printed: with all its bets nobody would read it. */
export const realPlan = plan.map((whole) => ({
  ...whole,
  [fc.toStringMethod]: () =>
    whole.faults.map(({ afterMs, fault }) => `${afterMs} ms ${JSON.stringify(fault)}`).join(', '),
}))
