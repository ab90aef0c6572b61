import { expect, test } from 'bun:test'
import { AccountBook, type Transfer } from './account-book.ts'
import { type Answer, fakeServicesDuringTests } from './fake-service.ts'
import { sendTransfer } from './send-transfer.ts'

const startFakeService = fakeServicesDuringTests()
const TRANSFER = {
  ...{ id: 3, account_id: 'sim-1.0', kind: 'deposit', amount: '20.00', balance: '20.00' },
  created_at: '2026-01-31T12:00:00.000Z',
}
const made = (change: object = {}) => ({ status: 201, body: { ...TRANSFER, ...change } })
const repeated = (change: object = {}) => ({ status: 200, body: { ...TRANSFER, ...change } })
const short = (balance: string) => ({
  status: 409,
  body: { code: 'INSUFFICIENT_FUNDS', balance },
})

/** Sends a deposit of 20.00 once for each answer. */
async function sent(answers: Answer[], change: Partial<Transfer> = {}) {
  const { day } = startFakeService([...answers])
  const account = new AccountBook(0, 'sim-1.0')
  const transfer: Transfer = {
    ...{ account, kind: 'deposit', cents: 2_000, key: 'sim-1.0.0' },
    ...{ wasFirst: false, made: undefined },
    ...change,
  }
  const outcomes: string[] = []
  for (const _ of answers) outcomes.push((await sendTransfer(day, transfer)).kind)
  return { day, account, outcomes, texts: day.findings.texts }
}

test('a deposit and its repeat, in either order, move the money once', async () => {
  for (const answers of [
    [made(), repeated()],
    [repeated(), made()],
  ]) {
    const { day, account, texts, outcomes } = await sent(answers)
    expect([texts, outcomes]).toEqual([[], ['accepted', 'accepted']])
    expect([account.movedCents, day.tally.depositedCents, day.tally.deposits]).toEqual([
      2_000n,
      2_000n,
      1,
    ])
  }
})

test('a withdrawal may be refused by a balance that is too low, even below zero', async () => {
  for (const [balance, cents] of [
    ['19.99', 1_999],
    ['-5.00', -500],
  ] as const) {
    const { account, texts, outcomes } = await sent([short(balance)], { kind: 'withdrawal' })
    expect([texts, outcomes, [...account.seenCents]]).toEqual([[], ['refused'], [cents]])
  }
})

test('an answer that may come again leaves the outcome open', async () => {
  const lost = { status: 503, body: { code: 'DATABASE_UNAVAILABLE' } }
  const { account, texts, outcomes } = await sent([lost, { status: 429, body: {} }])
  expect([texts, outcomes, account.transfers.size]).toEqual([[], ['retry', 'retry'], 0])
})

test.each<[string, Answer[], Partial<Transfer>, string]>([
  ['made twice', [made(), made()], {}, 'was made twice'],
  ['another amount', [made({ amount: '20.01' })], {}, 'was answered as another than deposit'],
  ['another kind', [made({ kind: 'withdrawal' })], {}, 'was answered as another than deposit'],
  ['another account', [made({ account_id: 'sim-1.1' })], {}, 'was answered as another than'],
  ['no transfer', [{ status: 201, body: {} }], {}, 'was answered as another than deposit, 20.00'],
  ['another id', [made(), repeated({ id: 4 })], {}, 'was repeated as another than {"id":3'],
  ['another balance', [made(), repeated({ balance: '40.00' })], {}, 'was repeated as another'],
  ['a deposit refused', [short('0.00')], {}, 'was refused without reason: 409'],
  [
    'refused although made',
    [made({ kind: 'withdrawal' }), short('0.00')],
    { kind: 'withdrawal' },
    'was refused without reason',
  ],
  ['enough for it', [short('20.00')], { kind: 'withdrawal' }, 'was refused without reason'],
  [
    'no account',
    [{ status: 404, body: { code: 'ACCOUNT_NOT_FOUND' } }],
    { kind: 'withdrawal' },
    'was refused without reason: 404',
  ],
  ['an internal error', [{ status: 500, body: { code: 'INTERNAL' } }], {}, 'answered 500 INTERNAL'],
])('found: %s', async (_, answers, change, expected) => {
  const { texts } = await sent(answers, change)
  expect(texts).toEqual([expect.stringContaining(expected)])
})

test('found: one transfer for two keys', async () => {
  const { account, day } = await sent([made()])
  const { texts } = await sent([made()], { account, key: 'sim-1.0.1' })
  expect([day.findings.texts, texts]).toEqual([
    [],
    [expect.stringContaining('sim-1.0.1 of account sim-1.0 of client 1 was answered with the')],
  ])
})
