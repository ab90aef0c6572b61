import fc from 'fast-check'
import {
  ACCOUNTS,
  type Action,
  type Bet,
  EVENTS,
  type Put,
  type Seen,
  type Transfer,
} from './actions.ts'
import type { State } from './model.ts'
import type { Cut } from './process.ts'
import type { Role } from './system.ts'
import type { Turnstile } from './turnstile.ts'
import { weighted } from './weighted.ts'

const KEYS = 12

export const on = fc.nat({ max: 1 })
/** The last event often does not exist at first. */
const event = fc.constantFrom(0, 0, 1, 1, EVENTS - 1)
export const role = fc.constantFrom<Role>('line', 'relay', 'api', 'worker', 'worker')
/** Often NEW, because only open events accept bets. */
const state = fc.constantFrom<State>(
  'NEW',
  'NEW',
  'NEW',
  'FINISHED_WIN',
  'FINISHED_WIN',
  'FINISHED_LOSE',
  'CANCELLED',
)
const coefficient = fc.oneof(
  fc.constantFrom(100, 101, 149, 150, 9_999_999),
  fc.integer({ min: 100, max: 9_999_999 }),
)
const reason = fc.constantFrom('goal disallowed', 'typo', 'it\'s 100 % \\ "so" 🏁')

export const put = fc.record<Put>({
  kind: fc.constant('put'),
  on,
  event,
  bare: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  change: fc.record(
    {
      coefficient,
      deadlineAhead: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
      state,
      suspended: fc.boolean(),
      reason,
    },
    { requiredKeys: [] },
  ),
})
export const end = fc.record({ on, event, state, reason }).map(
  ({ on, event, state, reason }): Put => ({
    kind: 'put',
    on,
    event,
    bare: false,
    change: { state, reason },
  }),
)
export const changeCoefficient = fc.record({ on, event, coefficient }).map(
  ({ on, event, coefficient }): Put => ({
    kind: 'put',
    on,
    event,
    bare: false,
    change: { coefficient, suspended: false },
  }),
)
export const bet = fc.record<Bet>({
  kind: fc.constant('bet'),
  on,
  event,
  thousands: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 9_999_998 })),
  seen: fc.constantFrom<Seen>('none', 'none', 'none', 'same', 'same', 'lower', 'higher'),
  acceptOdds: fc.constantFrom('exact', 'higher', 'any'),
  account: fc.option(fc.nat({ max: ACCOUNTS - 1 }), { nil: undefined }),
  key: fc.option(fc.constantFrom(...Array(KEYS).keys()), { nil: undefined }),
})
type Again = Extract<Action, { kind: 'again' }>
const again = fc.record({
  kind: fc.constant('again' as const),
  on,
  which: fc.nat({ max: 20 }),
  alter: fc.constantFrom<Again['alter']>(
    'nothing',
    'nothing',
    'cents',
    'event',
    'seen',
    'accept_odds',
    'account',
  ),
})
export const transfer = fc.record<Transfer>({
  kind: fc.constant('transfer'),
  on,
  account: fc.nat({ max: ACCOUNTS - 1 }),
  way: fc.constantFrom('deposit', 'withdrawal'),
  thousands: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 9_999_998 })),
  key: fc.nat({ max: KEYS - 1 }),
})
const transferAgain = fc.record({
  kind: fc.constant('transfer_again' as const),
  on,
  which: fc.nat({ max: 20 }),
})
export const work = (kind: 'relay' | 'sync' | 'settle') =>
  fc.record({ kind: fc.constant(kind), on })
export const deliver = fc.record({
  kind: fc.constant('deliver' as const),
  on,
  picks: fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 6 }),
})
export const turnstile = fc.constantFrom<Turnstile>('lock', 'commit', 'commit', 'change')
export const cut = fc.record({
  kind: fc.constant('cut' as const),
  role,
  on,
  cut: fc.record<Cut>({
    after: fc.nat({ max: 6 }),
    done: fc.boolean(),
    how: fc.constantFrom('crash', 'crash', 'lost'),
  }),
})

/** Several concurrent bets on one event. */
export const crowd = fc
  .record({ event, bets: fc.array(bet, { minLength: 2, maxLength: 6, size: 'max' }) })
  .map(
    ({ event, bets }): Action => ({
      kind: 'together',
      actions: bets.map((bet) => ({ ...bet, event })),
    }),
  )

/** What may happen concurrently. */
export const busy = weighted<Action>(
  [3, end],
  [2, changeCoefficient],
  [8, bet],
  [3, again],
  [3, transfer],
  [1, transferAgain],
  [1, work('relay')],
  [2, deliver],
  [3, work('sync')],
  [4, work('settle')],
)
