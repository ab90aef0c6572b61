import fc from 'fast-check'
import type { Action } from './actions.ts'
import type { Mood } from './hostile-broker.ts'
import { busy, crowd, cut, deliver, on, put, role, turnstile, work } from './parts-of-plans.ts'
import { changedWhileRead, correctedMidway, race, stoppedSync } from './stories.ts'
import { weighted } from './weighted.ts'

const simple = fc
  .constantFrom('purge', 'age', 'lease_ends', 'release', 'release')
  .map((kind): Action => ({ kind }))
const mood = fc.record({
  kind: fc.constant('mood' as const),
  mood: fc.constantFrom<Mood>('good', 'good', 'unsure', 'losing', 'down', 'returning'),
})
const step = fc.record({
  kind: fc.constant('step' as const),
  role,
  on,
  times: fc.integer({ min: 1, max: 4 }),
})
const together = fc.record({
  kind: fc.constant('together' as const),
  actions: fc.array(busy, { minLength: 2, maxLength: 6 }),
})
const action = weighted<Action>(
  [20, busy],
  [2, put],
  [1, fc.record({ kind: fc.constant('two_puts' as const), first: put, second: put })],
  [3, work('relay')],
  [3, deliver],
  [3, simple],
  [1, mood],
  [1, fc.record({ kind: fc.constant('hold' as const), at: turnstile })],
  [2, fc.record({ kind: fc.constant('stepped' as const), role, on, stepped: fc.boolean() })],
  [3, step],
  [4, cut],
  [1, fc.record({ kind: fc.constant('kill' as const), role, on })],
  [4, together],
  [6, crowd],
  [3, race],
  [2, correctedMidway],
  [2, changedWhileRead],
  [1, stoppedSync],
)

const opening: Action[] = [0, 1].map((event) => ({
  kind: 'put',
  on: 0,
  event,
  bare: false,
  change: { coefficient: 150, deadlineAhead: true },
}))

const rich: Action = {
  kind: 'transfer',
  on: 0,
  account: 0,
  way: 'deposit',
  thousands: 99_999_998,
  key: 0,
}

/**
 * The actions of a run. It begins with two events that a feed sync has brought to bet-maker, and a
 * rich account.
 */
export const plan = fc
  .array(action, { minLength: 5, maxLength: 60, size: 'max' })
  .map((actions): Action[] => [...opening, { kind: 'sync', on: 0 }, rich, ...actions])
