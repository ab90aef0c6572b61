import { expect, test } from 'bun:test'
import type { ShownBetWithHistory, ShownEntry } from '../traffic/shown.ts'
import { consistentDay } from './consistent-day.ts'
import { judgeHistories } from './judge-bets.ts'

type Histories = ReturnType<typeof consistentDay>['histories']

test('consistent histories give no mismatch', () => {
  const { book, histories } = consistentDay()
  expect(judgeHistories(book, histories)).toEqual([])
})

test('a version that bet-maker skipped is in no history', () => {
  const { book, histories } = consistentDay()
  for (const { history } of histories) history.splice(1, 1)
  expect(judgeHistories(book, histories)).toEqual([])
})

/** Damages an entry of bet 9. */
const damaged = (entry: number, change: Partial<ShownEntry>) => (histories: Histories) => {
  Object.assign((histories[0] as ShownBetWithHistory).history[entry] as ShownEntry, change)
}

test.each<[string, (histories: Histories) => void, string[]]>([
  [
    'no history',
    ([nine]) => nine?.history.splice(0),
    ['has no history', 'lacks version 5', 'lacks version 6', 'its history ends with'],
  ],
  [
    'a missing first entry',
    ([nine]) => nine?.history.splice(0, 1),
    [
      'first entry: state',
      'first entry: payout',
      'first entry: event_version',
      'first entry: at',
      'lacks version 5',
    ],
  ],
  [
    'a missing entry',
    ([nine]) => nine?.history.splice(1, 1),
    ['bet 9 on sim-1.0: its history lacks version 5'],
  ],
  [
    'a missing last entry',
    ([nine]) => nine?.history.splice(2, 1),
    ['lacks version 6', 'is LOSE and pays 0.00, its history ends with WIN and 5.16'],
  ],
  [
    'a settled first entry',
    damaged(0, { state: 'WIN' }),
    ['first entry: state is WIN, should be PENDING'],
  ],
  [
    'an entry that changes nothing',
    damaged(1, { state: 'PENDING' }),
    ['state is PENDING, should be WIN', 'says PENDING twice in a row'],
  ],
  [
    'a first entry with another time',
    damaged(0, { at: '2026-01-31T12:00:04.000Z' }),
    ['first entry: at'],
  ],
  [
    'a wrong payout',
    damaged(1, { payout: '5.17' }),
    ['entry of version 5: payout is 5.17, should be 5.16'],
  ],
  [
    'a wrong reason',
    damaged(2, { reason: null }),
    ['entry of version 6: reason is null, should be goal disallowed'],
  ],
  [
    'a version that never existed',
    damaged(2, { event_version: 17 }),
    ['event_version is 17', 'lacks version 6'],
  ],
  [
    'decreasing versions',
    ([nine]) => nine?.history.splice(1, 2, ...(nine?.history.slice(1).reverse() ?? [])),
    ['version 5 comes after version 6', 'back to', 'its history ends with'],
  ],
  [
    'decreasing times',
    damaged(2, { at: '2026-01-31T12:00:04.999Z' }),
    ['its history goes from 2026-01-31T12:00:05.000Z back'],
  ],
  [
    'a state that differs from the last entry',
    ([nine]) => Object.assign(nine ?? {}, { state: 'WIN' }),
    ['is WIN and pays 0.00, its history ends with LOSE and 0.00'],
  ],
  [
    'a bet that nobody placed',
    ([nine]) => Object.assign(nine ?? {}, { id: 10 }),
    ['bet 10 on sim-1.0: is not from this run'],
  ],
])('found: %s', (_, damage, expected) => {
  const { book, histories } = consistentDay()
  damage(histories)
  const mismatches = judgeHistories(book, histories)
  for (const text of expected) expect(mismatches.join('\n')).toContain(text)
  expect(mismatches).toHaveLength(expected.length)
})
