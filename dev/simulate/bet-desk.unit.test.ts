import { expect, test } from 'bun:test'
import { send } from './bet-desk.ts'
import { type Answer, BET, lyingDuringTests, ticketOn } from './lying-service.ts'

const startLyingService = lyingDuringTests()
const lie = (...answers: Answer[]) => startLyingService(answers)

const refused = (code: string, extras: object = {}, status = 409) => ({
  status,
  body: { code, ...extras },
})
const moved = (coefficient: string, event_version: number) =>
  refused('ODDS_CHANGED', { coefficient, event_version })
const isSuspended = refused('EVENT_NOT_OPEN', { reason: 'suspended' })

test('a bet, its repeat, a refusal that holds: nothing is off', async () => {
  const { day, book } = lie(
    { status: 201, body: BET },
    { status: 200, body: BET },
    moved('1.50', 1),
  )
  const ticket = ticketOn(book)
  expect(await send(day, ticket)).toEqual({ kind: 'taken' })
  expect(await send(day, ticket)).toEqual({ kind: 'taken' })
  expect(await send(day, ticketOn(book, { seen: 151 }))).toEqual({
    kind: 'refused',
    hundredths: 150,
  })
  expect(day.findings.texts).toEqual([])
  expect([book.stakeCents, book.winCents, book.tickets.size]).toEqual([1_250n, 1_875n, 1])
})

test.each([
  [
    'taken twice',
    [
      { status: 201, body: BET },
      { status: 201, body: BET },
    ],
    'was taken twice: bet 17, then 17',
  ],
  [
    'another bet',
    [
      { status: 201, body: BET },
      { status: 200, body: { ...BET, id: 18 } },
    ],
    'repeated it is {"id":18',
  ],
  [
    'the same bet at another price',
    [
      { status: 201, body: BET },
      { status: 200, body: { ...BET, coefficient: '1.51' } },
    ],
    'repeated it is {"id":17',
  ],
  [
    'refused although taken',
    [{ status: 201, body: BET }, isSuspended],
    'was refused although it is bet 17',
  ],
] as const)('found on a repeat: %s', async (_, answers, expected) => {
  const { day, book } = lie(...answers)
  const ticket = ticketOn(book)
  await send(day, ticket)
  expect(day.findings.texts).toEqual([])
  await send(day, ticket)
  expect(day.findings.texts).toEqual([expect.stringContaining(expected)])
})

test.each([
  [
    'a cent less than its stake',
    { status: 201, body: { ...BET, sum: '12.49' } },
    'answered as sim-1.0, 12.49, 18.75',
  ],
  [
    'a cent more than it may pay',
    { status: 201, body: { ...BET, potential_payout: '18.76' } },
    '12.50, 18.76 and should be',
  ],
  [
    'another event',
    { status: 201, body: { ...BET, event_id: 'sim-1.1' } },
    'sim-1.1, 12.50, 18.75 and should be',
  ],
  ['no bet', { status: 201, body: {} }, 'something else than a bet'],
  ['a price that it was given', moved('1.50', 1), 'for what never held'],
  ['suspended, which it never was', isSuspended, 'for what never held'],
  ['of a version that never was', moved('1.60', 2), 'for what never held'],
  ['an event that does not exist', refused('EVENT_NOT_FOUND', {}, 404), 'for no reason'],
  ['a request that is wrong in itself', refused('VALIDATION_FAILED', {}, 422), 'for no reason'],
  ['an error of its own', refused('INTERNAL', {}, 500), 'was answered 500 INTERNAL'],
])('found: an answer that tells of %s', async (_, answer, expected) => {
  const { day, book } = lie(answer)
  await send(day, ticketOn(book))
  expect(day.findings.texts).toEqual([expect.stringContaining(expected)])
})

test('the repeat of a double click may be answered first', async () => {
  const { day, book } = lie({ status: 200, body: BET }, { status: 201, body: BET })
  const ticket = ticketOn(book)
  await send(day, ticket)
  await send(day, ticket)
  expect(day.findings.texts).toEqual([])
})

test('one bet for two', async () => {
  const { day, book } = lie({ status: 201, body: BET }, { status: 201, body: BET })
  await send(day, ticketOn(book))
  await send(day, ticketOn(book, { key: 'sim-1.0.1' }))
  expect(day.findings.texts).toEqual([
    expect.stringContaining('sim-1.0.1 on sim-1.0 was answered with the bet of sim-1.0.0'),
  ])
})

test('a refusal by what has long been superseded, once bet-maker has shown that it knows better', async () => {
  const { day, book } = lie(isSuspended, moved('1.60', 3), isSuspended)
  const first = book.versions[0]
  if (first === undefined) throw new Error('no version')
  book.versions.push(
    { ...first, version: 2, suspended: true },
    { ...first, version: 3, coefficient: 160n },
  )
  await send(day, ticketOn(book))
  await send(day, ticketOn(book, { key: 'b' }))
  expect([day.findings.texts, book.floor]).toEqual([[], 3])
  await send(day, ticketOn(book, { key: 'c' }))
  expect(day.findings.texts).toEqual([
    expect.stringContaining('c on sim-1.0 was refused for what never held'),
  ])
})

test('a change that is on its way may be the reason of a refusal', async () => {
  const { day, book } = lie(isSuspended)
  const [first] = book.versions
  if (first !== undefined) book.coming = { ...first, version: 2, suspended: true }
  await send(day, ticketOn(book))
  expect(day.findings.texts).toEqual([])
})

test.each([429, 503])(
  'a %d says when to come again, and nothing of what became of the bet',
  async (status) => {
    const { day, book } = lie({ status, body: { code: 'X' }, headers: { 'retry-after': '2' } })
    const outcome = await send(day, ticketOn(book))
    expect(outcome.kind).toBe('again')
    expect(outcome.kind === 'again' && outcome.afterMs).toBeWithin(2_000, 2_251)
    expect(day.findings.texts).toEqual([])
  },
)
