import { test } from 'bun:test'
import type { ShownMovement } from '../traffic/shown.ts'
import { consistentDay, statementOf } from './consistent-day.ts'
import { expectFound } from './expect-found.ts'
import { judgeAccount } from './judge-account.ts'

/** The statement is right but for this. */
test.each<[string, (statement: ShownMovement[]) => void, string[]]>([
  [
    'an entry that is missing',
    (statement) => statement.splice(4, 1),
    [
      'entry 5, a payout of bet 9, left 108.08, should be 89.33',
      'entry 6, a correction of bet 7, is -18.75 by version 6, should be 0.00',
      'bet 7 paid -18.75 in all, should be 0.00',
    ],
  ],
  [
    'the newest entry missing',
    (statement) => statement.splice(0, 1),
    [
      'holds 80.00, its statement ends with 84.17',
      'transfer 4, a withdrawal of 4.17, has no entry',
    ],
  ],
  [
    'an entry that is shown twice',
    (statement) => statement.splice(0, 0, ...statement.slice(0, 1)),
    [
      'entry 8, a withdrawal, left 80.00, should be 75.83',
      'entry 8, a withdrawal, comes after entry 8',
      'entry 8, a withdrawal, is another one of transfer 4',
    ],
  ],
  [
    'an amount other than the balance moved by',
    (statement) => Object.assign(statement[5] ?? {}, { amount: '-3.34' }),
    [
      'entry 3, a stake of bet 9, left 84.17, should be 84.16',
      'entry 3, a stake of bet 9, should be -3.33 for bet 9',
    ],
  ],
  [
    'no entries at all',
    (statement) => statement.splice(0),
    [
      'holds 80.00, its statement ends with 0.00',
      'transfer 3, a deposit of 100.00, has no entry',
      'transfer 4, a withdrawal of 4.17, has no entry',
      'the stake of bet 7, 12.50, has no entry',
      'the stake of bet 9, 3.33, has no entry',
    ],
  ],
])('found in the statement: %s', (_, damage, expected) => {
  const { account, movements } = consistentDay()
  const { balance, statement } = statementOf(movements)
  damage(statement)
  expectFound(judgeAccount(account, balance, statement), expected)
})

test('found: a balance of a cent too many', () => {
  const { account, movements } = consistentDay()
  expectFound(judgeAccount(account, '80.01', statementOf(movements).statement), [
    'holds 80.01, should hold 80.00',
    'holds 80.01, its statement ends with 80.00',
  ])
})
