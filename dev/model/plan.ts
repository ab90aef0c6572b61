import fc from 'fast-check'
import type { Action } from './actions.ts'
import type { Mood } from './hostile-broker.ts'
import { busy, crowd, cut, deliver, on, put, role, turnstile, work } from './parts-of-plans.ts'
import { changedWhileRead, correctedMidway, race, stoppedSync } from './stories.ts'

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 20, arbitrary: busy },
  { weight: 2, arbitrary: put },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('two_puts' as const), first: put, second: put }),
  },
  { weight: 3, arbitrary: work('relay') },
  { weight: 3, arbitrary: deliver },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Action>(
      { kind: 'purge' },
      { kind: 'age' },
      { kind: 'lease_ends' },
      { kind: 'release' },
      { kind: 'release' },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('mood' as const),
      mood: fc.constantFrom<Mood>('good', 'good', 'unsure', 'losing', 'down', 'returning'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hold' as const), at: turnstile }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('stepped' as const),
      role,
      on,
      stepped: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      role,
      on,
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 4, arbitrary: cut },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), role, on }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('together' as const),
      actions: fc.array(busy, { minLength: 2, maxLength: 6 }),
    }),
  },
  { weight: 6, arbitrary: crowd },
  { weight: 3, arbitrary: race },
  { weight: 2, arbitrary: correctedMidway },
  { weight: 2, arbitrary: changedWhileRead },
  { weight: 1, arbitrary: stoppedSync },
)

const opening: Action[] = [0, 1].map((event) => ({
  kind: 'put',
  on: 0,
  event,
  bare: false,
  change: { coefficient: 150, deadlineAhead: true },
}))

/** The actions of a run. It begins with two events that a feed sync has brought to bet-maker. */
export const plan = fc
  .array(action, { minLength: 5, maxLength: 60, size: 'max' })
  .map((actions): Action[] => [...opening, { kind: 'sync', on: 0 }, ...actions])
