import { expect, test } from 'bun:test'
import { consistentDay, statementOf } from './consistent-day.ts'
import { expectFound } from './expect-found.ts'
import { judgeAccount } from './judge-account.ts'

type ConsistentDay = ReturnType<typeof consistentDay>

/** Judges a day's account as the services would show it if these had been its movements. */
function judge({ account, movements }: ConsistentDay): string[] {
  const { balance, statement } = statementOf(movements)
  return judgeAccount(account, balance, statement)
}

/** The day with its event cancelled instead of lost, as its statement should show it. */
function cancelled(): ConsistentDay {
  const day = consistentDay()
  const [result] = day.book.versions.splice(4)
  if (result !== undefined) day.book.versions.push({ ...result, state: 'CANCELLED' })
  const refund = { kind: 'refund', event_version: 5 }
  const refunds = [
    { ...refund, cents: 1_250, bet_id: 7 },
    { ...refund, cents: 333, bet_id: 9 },
  ]
  day.movements.splice(3, 5, ...refunds)
  day.account.transfers.delete(4)
  day.book.noteDue([
    { id: 7, state: 'VOID' },
    { id: 9, state: 'VOID' },
  ])
  return day
}

test('an account that adds up gives no mismatch, corrected or refunded', () => {
  expect(judge(consistentDay())).toEqual([])
  expect(judge(cancelled())).toEqual([])
})

test('bet-maker may skip a version: a bet that was never won needs no correction', () => {
  const day = consistentDay()
  day.movements.splice(3, 4)
  expect(judge(day)).toEqual([])
})

test('a bet that was lost first is paid by a correction', () => {
  const day = consistentDay()
  const [, , , , fifth, sixth] = day.book.versions
  Object.assign(fifth ?? {}, { state: 'FINISHED_LOSE' })
  Object.assign(sixth ?? {}, { state: 'FINISHED_WIN' })
  day.book.noteDue([
    { id: 7, state: 'WIN' },
    { id: 9, state: 'WIN' },
  ])
  const paid = { kind: 'correction', event_version: 6 }
  const corrections = [
    { ...paid, cents: 1_875, bet_id: 7 },
    { ...paid, cents: 516, bet_id: 9 },
  ]
  day.movements.splice(3, 4, ...corrections)
  const withdrawn = day.account.transfers.get(4)
  Object.assign(withdrawn?.made ?? {}, { balance: 10_391 })
  expect(judge(day)).toEqual([])
  // Nor does it matter whether bet-maker saw that it was lost.
  Object.assign(day.movements[3] ?? {}, { kind: 'payout' })
  expect(judge(day)).toEqual([])
})

test('a bet placed around the end of its event may be refunded whatever the result', () => {
  const day = consistentDay()
  Object.assign(day.tickets[1], { sentAtMs: 4_900, acceptedAtMs: 5_100 })
  day.book.noteDue([
    { id: 7, state: 'LOSE' },
    { id: 9, state: 'VOID' },
  ])
  day.movements.splice(6, 1)
  Object.assign(day.movements[4] ?? {}, { kind: 'refund', cents: 333 })
  Object.assign(day.account.transfers.get(4)?.made ?? {}, { balance: 8_333 })
  expect(judge(day)).toEqual([])
})

/** The services show these movements instead. */
test.each<[string, (day: ConsistentDay) => void, string[]]>([
  [
    'a payout made twice',
    ({ movements }) => {
      movements.splice(3, 0, { ...(movements[3] as (typeof movements)[0]) })
      movements.splice(-1)
      movements.push({ kind: 'withdrawal', cents: -2_292, transfer_id: 4 })
    },
    [
      'entry 5, a payout of bet 7, is by version 5, after 5',
      'entry 7, a correction of bet 7, is -18.75 by version 6, should be -37.50',
      'entry 9, a withdrawal, is withdrawal, -22.92, 80.00, was answered as withdrawal, -4.17',
      'bet 7 paid 18.75 in all, should be 0.00',
    ],
  ],
  [
    'a correction that takes nothing back',
    ({ movements }) => movements.splice(5, 1),
    [
      'holds 98.75, should hold 80.00',
      'entry 7, a withdrawal, is withdrawal, -4.17, 98.75, was answered as withdrawal, -4.17, 80',
      'bet 7 paid 18.75 in all, should be 0.00',
    ],
  ],
  [
    'a missing deposit',
    ({ movements }) => {
      movements[0] = { kind: 'payout', cents: 10_000, bet_id: 7, event_version: 5 }
    },
    [
      'entry 1, a payout of bet 7, comes before its stake',
      'transfer 3, a deposit of 100.00, has no entry',
    ],
  ],
  [
    'a deposit made twice',
    ({ movements }) => movements.splice(1, 0, { ...(movements[0] as (typeof movements)[0]) }),
    [
      'holds 180.00, should hold 80.00',
      'entry 2, a deposit, is another one of transfer 3',
      'entry 9, a withdrawal, is withdrawal, -4.17, 180.00, was answered as',
    ],
  ],
  [
    'a bet that was accepted for nothing',
    ({ movements }) => movements.splice(2, 1),
    [
      'holds 83.33, should hold 80.00',
      'entry 4, a payout of bet 9, comes before its stake',
      'entry 6, a correction of bet 9, comes before its stake',
      'entry 7, a withdrawal, is withdrawal, -4.17, 83.33, was answered as',
      'the stake of bet 9, 3.33, has no entry',
    ],
  ],
  [
    'a bet charged twice',
    ({ movements }) => movements.splice(2, 0, { kind: 'stake', cents: -1_250, bet_id: 7 }),
    [
      'holds 67.50, should hold 80.00',
      'entry 3, a stake of bet 7, is another stake of bet 7',
      'entry 9, a withdrawal, is withdrawal, -4.17, 67.50, was answered as',
    ],
  ],
  [
    'a refusal that was charged',
    ({ movements }) => movements.push({ kind: 'stake', cents: -500, bet_id: 8 }),
    [
      'holds 75.00, should hold 80.00',
      'entry 9, a stake of bet 8, belongs to bet 8, which was never accepted',
    ],
  ],
  [
    'a charge for nothing',
    ({ movements }) => movements.push({ kind: 'stake', cents: -500 }),
    ['holds 75.00, should hold 80.00', 'entry 9, a stake, belongs to no transfer and no bet'],
  ],
  [
    'a withdrawal that is a bet, too',
    ({ movements }) => Object.assign(movements[7] ?? {}, { bet_id: 7 }),
    ['entry 8, a withdrawal of bet 7, belongs to a bet, too'],
  ],
  [
    'a settlement that moves nothing',
    ({ movements }) => {
      Object.assign(movements[6] ?? {}, { cents: 0 })
      movements.splice(4, 1)
    },
    ['entry 6, a correction of bet 9, is 0.00 by version 6, should be 0.00'],
  ],
  [
    'a transfer that nobody made',
    ({ movements }) => movements.push({ kind: 'deposit', cents: 1, transfer_id: 5 }),
    [
      'holds 80.01, should hold 80.00',
      'entry 9, a deposit, belongs to transfer 5, which was never answered',
    ],
  ],
  [
    'a stake of a cent too many',
    ({ movements }) => Object.assign(movements[2] ?? {}, { cents: -334 }),
    [
      'holds 79.99, should hold 80.00',
      'entry 3, a stake of bet 9, should be -3.33 for bet 9',
      'entry 8, a withdrawal, is withdrawal, -4.17, 79.99, was answered as',
    ],
  ],
  [
    'a payout of a cent too many, taken back by the correction',
    ({ movements }) => {
      Object.assign(movements[4] ?? {}, { cents: 517 })
      Object.assign(movements[6] ?? {}, { cents: -517 })
    },
    ['entry 5, a payout of bet 9, is 5.17 by version 5, should be 5.16'],
  ],
  [
    'a payout by a version that never existed',
    ({ movements }) => Object.assign(movements[6] ?? {}, { event_version: 7 }),
    ['entry 7, a correction of bet 9, is by version 7, which sim-1.0 never had'],
  ],
  [
    'a payout called a refund',
    ({ movements }) => Object.assign(movements[3] ?? {}, { kind: 'refund' }),
    ['entry 4, a refund of bet 7, is a refund, should be a payout'],
  ],
  [
    'a withdrawal of more than there was',
    ({ account, movements }) => {
      Object.assign(account.transfers.get(4) ?? {}, { cents: 8_418 })
      Object.assign(account.transfers.get(4)?.made ?? {}, { balance: -1 })
      Object.assign(movements[7] ?? {}, { cents: -8_418 })
    },
    ['entry 8, a withdrawal, took more than there was'],
  ],
  [
    'a refusal for a balance that it never had',
    ({ account }) => account.seenCents.add(8_416),
    ['an answer said that it held 84.16, its statement never does'],
  ],
])('found: %s', (_, damage, expected) => {
  const day = consistentDay()
  damage(day)
  expectFound(judge(day), expected)
})

test('found: a refund that never came', () => {
  const day = cancelled()
  day.movements.splice(3, 1)
  expectFound(judge(day), [
    'holds 87.50, should hold 100.00',
    'bet 7 paid 0.00 in all, should be 12.50',
  ])
})
