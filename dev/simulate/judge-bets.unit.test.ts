import { expect, test } from 'bun:test'
import type { ShownBet } from '../traffic/shown.ts'
import { consistentDay } from './consistent-day.ts'
import { areSettled, judgeBets, judgeSums } from './judge-bets.ts'

const FEED_MAX_AGE_MS = 20_000
type ConsistentDay = ReturnType<typeof consistentDay>

const judge = ({ book, listed }: ConsistentDay) => [
  ...judgeBets(book, 0, listed, FEED_MAX_AGE_MS),
  ...judgeSums(book, listed),
]

test('a consistent day gives no mismatch', () => {
  const day = consistentDay()
  expect(judge(day)).toEqual([])
  expect(areSettled(day.book, day.listed)).toBe(true)
})

/** Damages the listed bet 9. */
const damaged = (change: Partial<ShownBet>) => (day: ConsistentDay) => {
  day.listed[0] = { ...(day.listed[0] as ShownBet), ...change }
}

test.each<[string, (day: ConsistentDay) => void, string[]]>([
  [
    'a missing bet',
    ({ listed }) => listed.splice(0, 1),
    [
      'bet 9 on sim-1.0 is missing: accepted for 3.33 with key sim-1.0.9',
      'stakes on sim-1.0 are 12.50, should be 15.83',
    ],
  ],
  [
    'a doubled bet',
    ({ listed }) => listed.push(...listed.slice(0, 1)),
    ['bet 9 on sim-1.0 is listed twice', 'stakes on sim-1.0 are 19.16, should be 15.83'],
  ],
  [
    'a bet that nobody placed',
    ({ listed }) => listed.push({ ...(listed[0] as ShownBet), id: 10 }),
    ['bet 10 on sim-1.0 is not from this run', 'stakes on sim-1.0 are 19.16, should be 15.83'],
  ],
  [
    'a stake one cent too high',
    damaged({ sum: '3.34' }),
    [
      'bet 9 on sim-1.0: sum is 3.34, should be 3.33',
      'stakes on sim-1.0 are 15.84, should be 15.83',
    ],
  ],
  [
    'a payout one cent too high',
    damaged({ payout: '0.01' }),
    [
      'bet 9 on sim-1.0: payout is 0.01, should be 0.00',
      'payouts of sim-1.0 are 0.01, should be 0.00',
    ],
  ],
  [
    'a potential payout one cent too low',
    damaged({ potential_payout: '5.15' }),
    ['potential_payout is 5.15, should be 5.16'],
  ],
  [
    'another coefficient',
    damaged({ coefficient: '1.56' }),
    ['coefficient is 1.56, should be 1.55'],
  ],
  ['another version', damaged({ event_version: 2 }), ['event_version is 2, should be 4']],
  ['another event', damaged({ event_id: 'sim-1.1' }), ['event_id is sim-1.1, should be sim-1.0']],
  ['another account', damaged({ account_id: 'b' }), ['account_id is b, should be sim-1.0']],
  ['a wrong state', damaged({ state: 'WIN' }), ['state is WIN, should be LOSE']],
  [
    'settled without a time',
    damaged({ settled_at: null }),
    ['bet 9 on sim-1.0: is LOSE and was settled at null'],
  ],
  [
    'accepted after the deadline',
    damaged({ created_at: '2100-01-01T00:00:00.000Z' }),
    ['bet 9 on sim-1.0 was accepted at 2100-01-01T00:00:00.000Z, after the deadline'],
  ],
  [
    'shown to another client',
    ({ tickets }) => Object.assign(tickets[1], { client: 1 }),
    ['bet 9 on sim-1.0 is shown to another client'],
  ],
  [
    'accepted at a version that never existed',
    ({ tickets }) => Object.assign(tickets[1].accepted ?? {}, { version: 8 }),
    ['event_version is 4, should be 8', 'was accepted at version 8, which the event never had'],
  ],
  [
    'accepted at a coefficient that its version did not have',
    ({ tickets }) => Object.assign(tickets[1].accepted ?? {}, { coefficient: 154 }),
    [
      'coefficient is 1.55, should be 1.54',
      'potential_payout',
      'was accepted at 1.54, version 4 has 1.55',
    ],
  ],
  [
    'accepted at a coefficient that its bettor did not accept',
    ({ tickets }) => Object.assign(tickets[1], { seen: 154 }),
    ['was accepted at version 4, which refuses it: odds_changed'],
  ],
  [
    'accepted while suspended',
    ({ tickets, listed }) => {
      Object.assign(tickets[1].accepted ?? {}, { version: 3 })
      Object.assign(listed[0] as ShownBet, { event_version: 3 })
    },
    ['was accepted at version 3, which refuses it: suspended'],
  ],
  [
    'accepted at a version older than one that bet-maker had shown to know',
    ({ tickets }) => Object.assign(tickets[0], { floor: 2 }),
    ['bet 7 on sim-1.0 was accepted at version 1 when version 2 had been applied'],
  ],
  [
    'accepted long after the event had ended',
    ({ tickets }) => Object.assign(tickets[1], { sentAtMs: 25_006 }),
    ['bet 9 on sim-1.0 was accepted at version 4, 20.0 s after the next one was answered'],
  ],
  [
    'a total that differs although each bet is right',
    ({ book }) => Object.assign(book, { stakeCents: 1_584n }),
    ['stakes on sim-1.0 are 15.83, should be 15.84'],
  ],
])('found: %s', (_, damage, expected) => {
  const day = consistentDay()
  damage(day)
  const mismatches = judge(day)
  expect(mismatches).toHaveLength(expected.length)
  for (const [index, text] of expected.entries()) expect(mismatches[index]).toContain(text)
})

test('a bet accepted just within the maximum feed age is no mismatch', () => {
  const day = consistentDay()
  Object.assign(day.tickets[1], { sentAtMs: 25_005 })
  expect(judge(day)).toEqual([])
})

test('a payout is rounded half up exactly where floats are not exact', () => {
  const day = consistentDay()
  // 3.33 × 1.55 is 5.1615; 99,999,999.99 × 99,999.99 is more than a float holds to the cent.
  const [first] = day.tickets
  Object.assign(first, { cents: 9_999_999_999 })
  Object.assign(first.accepted ?? {}, { coefficient: 9_999_999 })
  const [mismatch] = judgeBets(day.book, 0, day.listed.slice(1), FEED_MAX_AGE_MS).filter((text) =>
    text.includes('potential_payout'),
  )
  expect(mismatch).toEndWith('should be 9999998999000.00')
})

test('pending bets on an ended event are not settled yet', () => {
  const day = consistentDay()
  damaged({ state: 'PENDING', payout: null, settled_at: null })(day)
  expect(areSettled(day.book, day.listed)).toBe(false)
})
