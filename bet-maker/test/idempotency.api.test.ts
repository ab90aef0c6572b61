import { beforeEach, expect, test } from 'bun:test'
import { expectProblem, json, send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { type ShownBet, useBetApp } from './bet-app.ts'

const BODY = { event_id: 'm-1', bet_sum: '12.50', coefficient: '1.50', accept_odds: 'higher' }

let number = 0

const bets = await useBetApp()
await bets.apply(lineEvent('m-1'), lineEvent('m-2'))
beforeEach(() => bets.synced(0))

const newKey = () => ({ 'idempotency-key': `key-${++number}` })
const count = async () => (await bets.sql<[{ count: number }]>`select count(*) from bets`)[0].count

/** Expects the bet that was placed before, and no writes. */
async function replayed(
  body: object,
  key: Record<string, string>,
  expected: object,
): Promise<void> {
  const before = await bets.contents()
  const response = await bets.post(body, key)
  const bet = await json<ShownBet>(response)
  expect(`${response.status} ${JSON.stringify(bet)}`).toStartWith('200 ')
  expect(bet).toEqual(expect.objectContaining(expected))
  expect(response.headers.get('idempotent-replayed')).toBe('true')
  expect(response.headers.get('location')).toBe(`/bets/${bet.id}`)
  expect(await bets.contents()).toBe(before)
}

test('the same key and bet again is 200 with the same bet and Idempotent-Replayed', async () => {
  const key = newKey()
  const first = await bets.post(BODY, key)
  expect(first.status).toBe(201)
  expect(first.headers.has('idempotent-replayed')).toBe(false)
  const bet = await json<ShownBet>(first)
  for (let again = 0; again < 3; again++) await replayed(BODY, key, bet)
})

test('a bet is the same in any notation of its numbers and with explicit defaults', async () => {
  const same: [first: object, second: object][] = [
    [
      { event_id: 'm-1', bet_sum: '12.50' },
      { bet_sum: 12.5, event_id: 'm-1', accept_odds: 'any' },
    ],
    [
      { event_id: 7, bet_sum: 5 },
      { event_id: '7', bet_sum: 5 },
    ],
    [
      { event_id: 'm-1', bet_sum: 5, coefficient: 1.5 },
      { event_id: 'm-1', bet_sum: '5.00', coefficient: '1.50', accept_odds: 'exact' },
    ],
  ]
  await bets.apply(lineEvent('7'))
  for (const [first, second] of same) {
    const key = newKey()
    const bet = await bets.bet(first, key)
    await replayed(second, key, { id: bet.id })
  }
})

const OTHERS: [name: string, body: object][] = [
  ['event_id', { ...BODY, event_id: 'm-2' }],
  ['unknown event_id', { ...BODY, event_id: 'm-9' }],
  ['bet_sum', { ...BODY, bet_sum: '12.51' }],
  ['coefficient', { ...BODY, coefficient: '1.49' }],
  ['coefficient left out', { event_id: 'm-1', bet_sum: '12.50', accept_odds: 'any' }],
  ['accept_odds', { ...BODY, accept_odds: 'exact' }],
  ['accept_odds left to its default', { event_id: 'm-1', bet_sum: '12.50', coefficient: '1.50' }],
]
for (const [name, other] of OTHERS)
  test(`the same key with another ${name} is 422, and the bet stays`, async () => {
    const key = newKey()
    const bet = await bets.bet(BODY, key)
    const before = await bets.contents()
    await expectProblem(await bets.post(other, key), 422, 'IDEMPOTENCY_KEY_REUSED', {
      secret: key['idempotency-key'],
    })
    expect(await bets.contents()).toBe(before)
    await replayed(BODY, key, { id: bet.id })
  })

test('while the feed is down, replays and reused keys are answered, bets refused', async () => {
  const key = newKey()
  const bet = await bets.bet(BODY, key)
  await bets.synced(null)
  await replayed(BODY, key, { id: bet.id })
  await expectProblem(
    await bets.post({ ...BODY, bet_sum: '1.00' }, key),
    422,
    'IDEMPOTENCY_KEY_REUSED',
  )
  await expectProblem(await bets.post(BODY, newKey()), 503, 'FEED_DOWN')
})

test('a replay returns the bet in its current state: settled or corrected', async () => {
  const key = newKey()
  await bets.apply(lineEvent('m-3'))
  const body = { event_id: 'm-3', bet_sum: '10.00', coefficient: '1.50' }
  const bet = await bets.bet(body, key)
  await bets.apply(lineEvent('m-3', { version: 2, coefficient: '8.00' }))
  await replayed(body, key, bet)
  await bets.apply(lineEvent('m-3', { version: 3, state: 'FINISHED_WIN' }))
  await bets.settle()
  await replayed(body, key, {
    id: bet.id,
    state: 'WIN',
    payout: '15.00',
    coefficient: '1.50',
    event_version: 1,
  })
  await bets.apply(lineEvent('m-3', { version: 4, state: 'CANCELLED', reason: 'doping' }))
  await bets.settle()
  await replayed(body, key, { id: bet.id, state: 'VOID', payout: '10.00' })
})

test('only accepted bets use up a key', async () => {
  const key = newKey()
  await bets.apply(lineEvent('m-4', { suspended: true }))
  const body = { event_id: 'm-4', bet_sum: '1.00', coefficient: '1.50' }
  await expectProblem(await bets.post(body, key), 409, 'EVENT_NOT_OPEN', {
    extras: { reason: 'suspended' },
  })
  await bets.apply(lineEvent('m-4', { version: 2, coefficient: '1.40' }))
  const changed = { coefficient: '1.40', event_version: 2 }
  await expectProblem(await bets.post(body, key), 409, 'ODDS_CHANGED', { extras: changed })
  await bets.synced(null)
  await expectProblem(await bets.post(body, key), 503, 'FEED_DOWN')
  await bets.synced(0)
  expect((await bets.post({ ...body, bet_sum: 'nonsense' }, key)).status).toBe(422)
  expect((await bets.post({ ...body, coefficient: '1.40' }, key)).status).toBe(201)
})

test('keys may use all allowed characters, up to 255, and are case-sensitive', async () => {
  const printable = Array.from({ length: 0x7e - 0x20 }, (_, i) =>
    String.fromCharCode(0x21 + i),
  ).join('')
  for (const key of [
    'a',
    'A',
    '"a"',
    printable,
    'k'.repeat(255),
    "'; drop table bets; --".replaceAll(' ', '+'),
  ]) {
    const bet = await bets.bet(BODY, { 'idempotency-key': key })
    await replayed(BODY, { 'idempotency-key': key }, { id: bet.id })
  }
})

test('of concurrent different bets with one key, one is accepted', async () => {
  const key = newKey()
  const before = await count()
  const bodies = Array.from({ length: 20 }, (_, i) => ({ ...BODY, bet_sum: `${i + 1}.00` }))
  const answers = await Promise.all(bodies.map((body) => bets.post(body, key)))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(422)])
  expect(await count()).toBe(before + 1)
})

test('a replayed bet is found by its Location', async () => {
  const key = newKey()
  await bets.bet(BODY, key)
  const location = (await bets.post(BODY, key)).headers.get('location') as string
  expect((await send(bets.app, 'GET', location)).status).toBe(200)
})
