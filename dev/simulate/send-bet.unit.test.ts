import { expect, test } from 'bun:test'
import { AccountBook } from './account-book.ts'
import type { Ticket } from './event-book.ts'
import { type Answer, BET, fakeServicesDuringTests, ticketOn } from './fake-service.ts'
import { sendBet } from './send-bet.ts'

const startFakeService = fakeServicesDuringTests()
const answering = (...answers: Answer[]) => startFakeService(answers)

const refused = (code: string, extras: object = {}, status = 409) => ({
  status,
  body: { code, ...extras },
})
const moved = (coefficient: string, event_version: number) =>
  refused('ODDS_CHANGED', { coefficient, event_version })
const isSuspended = refused('EVENT_NOT_OPEN', { reason: 'suspended' })

const created = (change: object = {}) => ({ status: 201, body: { ...BET, ...change } })
const repeated = (change: object = {}) => ({ status: 200, body: { ...BET, ...change } })
const NEVER = 'for a reason that never applied'

test('a bet, its repeat and a justified refusal give no finding', async () => {
  const { day, book } = answering(created(), repeated(), moved('1.50', 1))
  const ticket = ticketOn(book)
  expect(await sendBet(day, ticket)).toEqual({ kind: 'accepted' })
  expect(await sendBet(day, ticket)).toEqual({ kind: 'accepted' })
  const other = await sendBet(day, ticketOn(book, { seen: 151 }))
  expect(other).toEqual({ kind: 'refused', hundredths: 150, balance: undefined })
  expect(day.findings.texts).toEqual([])
  expect([book.stakeCents, book.winCents, book.tickets.size]).toEqual([1_250n, 1_875n, 1])
})

test.each<[string, Answer, string]>([
  ['accepted twice', created(), 'was accepted twice: bet 17, then 17'],
  ['another bet', repeated({ id: 18 }), 'repeated it is {"id":18'],
  ['another coefficient', repeated({ coefficient: '1.51' }), 'repeated it is {"id":17'],
  ['refused although accepted', isSuspended, 'was refused although it is bet 17'],
])('found on a repeat: %s', async (_, repeat, expected) => {
  const { day, book } = answering(created(), repeat)
  const ticket = ticketOn(book)
  await sendBet(day, ticket)
  expect(day.findings.texts).toEqual([])
  await sendBet(day, ticket)
  expect(day.findings.texts).toEqual([expect.stringContaining(expected)])
})

test.each<[string, Answer, string]>([
  ['a cent less than its stake', created({ sum: '12.49' }), 'answered as sim-1.0, 12.49, 18.75'],
  [
    'a cent too much',
    created({ potential_payout: '18.76' }),
    '12.50, 18.76, no account, should be',
  ],
  ['another event', created({ event_id: 'sim-1.1' }), 'sim-1.1, 12.50, 18.75, no account'],
  ['no bet', { status: 201, body: {} }, 'something other than a bet'],
  ['ODDS_CHANGED to the requested coefficient', moved('1.50', 1), NEVER],
  ['suspended for an event that never was', isSuspended, NEVER],
  ['a version that never existed', moved('1.60', 2), NEVER],
  ['EVENT_NOT_FOUND', refused('EVENT_NOT_FOUND', {}, 404), 'without a valid reason'],
  ['VALIDATION_FAILED', refused('VALIDATION_FAILED', {}, 422), 'without a valid reason'],
  ['an internal error', refused('INTERNAL', {}, 500), 'was answered 500 INTERNAL'],
])('found: an answer with %s', async (_, answer, expected) => {
  const { day, book } = answering(answer)
  await sendBet(day, ticketOn(book))
  expect(day.findings.texts).toEqual([expect.stringContaining(expected)])
})

const short = (balance: string) => refused('INSUFFICIENT_FUNDS', { balance })
const account = () => new AccountBook(0, 'sim-1.0')

test('an account pays for its bet, or is refused with what it holds', async () => {
  const { day, book } = answering(
    created({ account_id: 'sim-1.0' }),
    short('12.49'),
    short('-1.00'),
  )
  const payer = account()
  await sendBet(day, ticketOn(book, { account: payer }))
  expect([...payer.tickets.keys(), book.accountStakeCents]).toEqual([17, 1_250n])
  const outcome = await sendBet(day, ticketOn(book, { account: payer }))
  expect(outcome).toEqual({ kind: 'refused', hundredths: undefined, balance: 1_249 })
  await sendBet(day, ticketOn(book, { account: payer }))
  expect([day.findings.texts, [...payer.seenCents]]).toEqual([[], [1_249, -100]])
})

test.each<[string, Answer, Partial<Ticket>, string]>([
  ['its account had enough', short('12.50'), {}, 'although its account held enough'],
  ['it has no account', short('0.00'), { account: undefined }, 'although its account held'],
  ['its coefficient comes first', short('0.00'), { seen: 151 }, 'for its balance before its event'],
  ['its account exists', refused('ACCOUNT_NOT_FOUND', {}, 404), {}, 'without a valid reason'],
  ['another account paid', created({ account_id: 'sim-1.1' }), {}, '18.75, sim-1.1, should be'],
  ['no account paid', created(), {}, '18.75, no account, should be'],
])('found: a wrong answer, because %s', async (_, answer, change, expected) => {
  const { day, book } = answering(answer)
  await sendBet(day, ticketOn(book, { account: account(), ...change }))
  expect(day.findings.texts).toEqual([expect.stringContaining(expected)])
})

test('the repeat of a double click may be answered first', async () => {
  const { day, book } = answering(repeated(), created())
  const ticket = ticketOn(book)
  await sendBet(day, ticket)
  await sendBet(day, ticket)
  expect(day.findings.texts).toEqual([])
})

test('found: one bet for two keys', async () => {
  const { day, book } = answering(created(), created())
  await sendBet(day, ticketOn(book))
  await sendBet(day, ticketOn(book, { key: 'sim-1.0.1' }))
  expect(day.findings.texts).toEqual([
    expect.stringContaining('sim-1.0.1 on sim-1.0 was answered with the bet of sim-1.0.0'),
  ])
})

test('found: a refusal by a version older than one that bet-maker has shown to know', async () => {
  const { day, book } = answering(isSuspended, moved('1.60', 3), isSuspended)
  const first = book.versions[0]
  if (first === undefined) throw new Error('no version')
  book.versions.push(
    { ...first, version: 2, suspended: true },
    { ...first, version: 3, coefficient: 160n },
  )
  await sendBet(day, ticketOn(book))
  await sendBet(day, ticketOn(book, { key: 'b' }))
  expect([day.findings.texts, book.floor]).toEqual([[], 3])
  await sendBet(day, ticketOn(book, { key: 'c' }))
  expect(day.findings.texts).toEqual([
    expect.stringContaining('c on sim-1.0 was refused for a reason that never applied'),
  ])
})

test('a change that is not answered yet may be the reason for a refusal', async () => {
  const { day, book } = answering(isSuspended)
  const [first] = book.versions
  if (first !== undefined) book.coming = { ...first, version: 2, suspended: true }
  await sendBet(day, ticketOn(book))
  expect(day.findings.texts).toEqual([])
})

test.each([429, 503])(
  'a %d says when to retry, and leaves the outcome of the bet open',
  async (status) => {
    const { day, book } = answering({
      status,
      body: { code: 'X' },
      headers: { 'retry-after': '2' },
    })
    const outcome = await sendBet(day, ticketOn(book))
    expect(outcome.kind).toBe('retry')
    expect(outcome.kind === 'retry' && outcome.afterMs).toBeWithin(2_000, 2_251)
    expect(day.findings.texts).toEqual([])
  },
)
