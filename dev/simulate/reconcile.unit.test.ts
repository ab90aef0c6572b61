import { expect, test } from 'bun:test'
import { AccountBook } from './account-book.ts'
import { type Answer, BET, fakeServicesDuringTests, shownEvent, ticketOn } from './fake-service.ts'
import { reconcile } from './reconcile.ts'

const startFakeService = fakeServicesDuringTests()

const ok = (body: unknown) => ({ status: 200, body })
const HISTORY = [
  {
    ...{ state: 'PENDING', payout: null, event_version: 1, at: BET.created_at },
    reason: null,
  },
]
const NOT_FOUND = { status: 404, body: {} }
const NO_TOKEN = { status: 401, body: {} }
const WITH_HISTORY = ok({ ...BET, history: HISTORY })
/** Neither the other client nor a caller without a token sees the bet. */
const HIDDEN = [NOT_FOUND, NO_TOKEN, ok([])]

/** Reconciles a day on which client `a` placed bet 17 and client `b` none, with these answers. */
async function reconciled(answersFor: (event: object) => Answer[]) {
  const answers: Answer[] = []
  const { day, book, asked } = startFakeService(answers, { clientTokens: ['a', 'b'] })
  answers.push(...answersFor(shownEvent(book)))
  book.add(ticketOn(book), { id: 17, coefficient: 150, version: 1 })
  day.enter('reconciling')
  await reconcile(day)
  return { texts: day.findings.texts, reconciled: day.reconciled, asked }
}

test('reads the event and all bets and histories, and tries to read them as others', async () => {
  const found = await reconciled((event) => [
    ok(event),
    { ...ok([]), headers: { link: '</bets?event_id=sim-1.0&limit=1000&cursor=18>; rel="next"' } },
    ok([BET]),
    WITH_HISTORY,
    ...HIDDEN,
  ])
  expect(found.texts).toEqual([])
  expect(found.reconciled).toMatchObject({ events: 1, bets: 1, histories: 1, resettled: 0 })
  expect(found.asked).toEqual([
    'GET /event/sim-1.0',
    'GET /bets?event_id=sim-1.0&limit=1000 Bearer a',
    'GET /bets?event_id=sim-1.0&limit=1000&cursor=18 Bearer a',
    'GET /bets/17 Bearer a',
    'GET /bets/17 Bearer b',
    'GET /bets/17',
    'GET /bets?event_id=sim-1.0&limit=1000 Bearer b',
  ])
})

test.each<[string, (event: object) => Answer[], string[]]>([
  [
    'an event in another state than answered',
    (event) => [ok({ ...event, state: 'CANCELLED' }), ok([BET]), WITH_HISTORY, ...HIDDEN],
    ['sim-1.0 should be NEW at version 1, is {'],
  ],
  [
    'an event that is gone',
    () => [NOT_FOUND, ok([BET]), WITH_HISTORY, ...HIDDEN],
    ['/event/sim-1.0 was answered 404'],
  ],
  [
    'a bet that is listed but cannot be read',
    (event) => [ok(event), ok([BET]), NOT_FOUND, ...HIDDEN],
    ['/bets/17 was answered 404'],
  ],
  [
    'a bet that another client can read',
    (event) => [ok(event), ok([BET]), WITH_HISTORY, WITH_HISTORY, NO_TOKEN, ok([])],
    ['bet 17 is visible to others: 200'],
  ],
  [
    'a bet that can be read without a token',
    (event) => [ok(event), ok([BET]), WITH_HISTORY, NOT_FOUND, WITH_HISTORY, ok([])],
    ['bet 17 is visible to others: 200'],
  ],
  [
    'a bet that is listed for another client',
    (event) => [ok(event), ok([BET]), WITH_HISTORY, NOT_FOUND, NO_TOKEN, ok([BET])],
    [
      'bet 17 on sim-1.0 is shown to another client',
      'stakes on sim-1.0 are 25.00, should be 12.50',
    ],
  ],
  [
    'a list that cannot be read',
    (event) => [ok(event), ...Array.from({ length: 30 }, () => ({ status: 500, body: {} }))],
    ['the bets on sim-1.0 could not be read'],
  ],
])('found: %s', async (_, answersFor, expected) => {
  const { texts } = await reconciled(answersFor)
  expect(texts).toHaveLength(expected.length)
  for (const [index, text] of expected.entries()) expect(texts[index]).toContain(text)
})

/** Reconciles a day on which an account was opened with 20.00, with these answers about it. */
async function reconciledAccount(...answers: Answer[]) {
  const { day, book, asked } = startFakeService(answers)
  answers.unshift(ok(shownEvent(book)), ok([]))
  const account = new AccountBook(0, 'sim-1.0')
  account.transfers.set(3, {
    ...{ account, kind: 'deposit', cents: 2_000, key: 'sim-1.0.0', wasFirst: true },
    made: { id: 3, balance: 2_000, createdAt: BET.created_at },
  })
  day.accounts.push(account, new AccountBook(0, 'sim-1.never-opened'))
  day.enter('reconciling')
  await reconcile(day)
  return { texts: day.findings.texts, reconciled: day.reconciled, asked: asked.slice(2) }
}

const DEPOSIT = {
  ...{ id: 1, kind: 'deposit', amount: '20.00', balance: '20.00', transfer_id: 3 },
  ...{ bet_id: null, event_version: null },
}

test('reads opened accounts with all pages of their statements', async () => {
  const found = await reconciledAccount(
    ok({ account_id: 'sim-1.0', balance: '20.00' }),
    { ...ok([]), headers: { link: '</accounts/sim-1.0/entries?cursor=2>; rel="next"' } },
    ok([DEPOSIT]),
  )
  expect(found.texts).toEqual([])
  expect(found.reconciled).toMatchObject({ accounts: 1, entries: 1, balanceCents: 2_000n })
  expect(found.asked).toEqual([
    'GET /accounts/sim-1.0',
    'GET /accounts/sim-1.0/entries?limit=1000',
    'GET /accounts/sim-1.0/entries?cursor=2',
  ])
})

test('found: an account that is wrong, and one that is gone', async () => {
  const wrong = await reconciledAccount(ok({ balance: '-0.01' }), ok([DEPOSIT]))
  expect(wrong.texts).toEqual([
    'account sim-1.0 of client 1 holds -0.01, should hold 20.00',
    'account sim-1.0 of client 1 holds -0.01, its statement ends with 20.00',
  ])
  expect(wrong.reconciled).toMatchObject({ balanceCents: -1n, belowZero: 1 })
  const gone = await reconciledAccount(NOT_FOUND, ...Array.from({ length: 30 }, () => NOT_FOUND))
  expect(gone.texts).toEqual([
    expect.stringContaining('/accounts/sim-1.0 was answered 404'),
    'account sim-1.0 of client 1 could not be read',
  ])
})

test('bets are read again until they are settled', async () => {
  const settled = { ...BET, state: 'VOID', payout: '12.50', settled_at: BET.created_at }
  const answers: Answer[] = []
  const { day, book } = startFakeService(answers)
  const [first] = book.versions
  if (first !== undefined) book.versions.push({ ...first, version: 2, state: 'CANCELLED' })
  book.add(ticketOn(book), { id: 17, coefficient: 150, version: 1 })
  const event = shownEvent(book, { state: 'CANCELLED', version: 2 })
  const history = [
    ...HISTORY,
    {
      ...{ state: 'VOID', payout: '12.50', event_version: 2, at: BET.created_at },
      reason: null,
    },
  ]
  answers.push(ok(event), ok([BET]), ok([BET]), ok([settled]), ok({ ...settled, history }))
  day.enter('reconciling')
  await reconcile(day)
  expect(day.findings.texts).toEqual([])
  expect(day.reconciled).toMatchObject({ events: 1, bets: 1, histories: 1, resettled: 0 })
})
