import { beforeAll, expect, test } from 'bun:test'
import type { ServiceProcess } from '../testing/process.ts'
import { get } from '../traffic/client.ts'
import { killNow, systemDuringTests } from './system.ts'

const BETS = 600

// So few bets per chunk that a settlement has many chunks.
const system = systemDuringTests({ LOG_LEVEL: 'warn', SETTLE_CHUNK: '5' })
let apis: ServiceProcess[]

beforeAll(async () => {
  const [second, third] = await Promise.all([
    system.spawn('bets'),
    system.spawn('bets'),
    system.spawn('worker'),
  ])
  apis = [system.bets, second, third]
  await Promise.all(apis.map((api) => api.waitReady()))
})

const api = (number: number) => (apis[number % apis.length] as ServiceProcess).url

test('F18 1,000 concurrent repeats over three APIs: one bet and 999 replays', async () => {
  await system.open('keys', { coefficient: '2.00' })
  const bet = { event_id: 'keys', bet_sum: '5.00', coefficient: '2.00' }
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, number) => system.place(bet, 'k', api(number))),
  )
  const statuses = Map.groupBy(answers, ({ status }) => status)
  expect(statuses.get(201)).toHaveLength(1)
  expect(statuses.get(200)).toHaveLength(999)
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
})

test('a process started later replays a key, without the line, after the event ended', async () => {
  const bet = { event_id: 'keys', bet_sum: '5.00', coefficient: '2.00' }
  await system.put({ event_id: 'keys', state: 'FINISHED_WIN' })
  const id = system.accepted.get('k')
  await system.becomes(id, { state: 'WIN' })
  // Nothing listens at this address, and every feed is too old.
  const env = { LINE_PROVIDER_URL: 'http://127.0.0.1:1', FEED_MAX_AGE_MS: '1' }
  const late = await system.spawn('bets', env)
  const repeat = await system.place(bet, 'k', late.url)
  expect(repeat).toMatchObject({ status: 200, body: { id, state: 'WIN', payout: '10.00' } })
  const other = await system.place({ ...bet, bet_sum: '5.01' }, 'k', late.url)
  expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } })
  const fresh = await system.place(bet, 'new', late.url)
  expect(fresh).toMatchObject({ status: 503, body: { code: 'FEED_DOWN' } })
  await killNow(late)
})

test('F10 corrections at random times, two workers: the last one decides every bet', async () => {
  await system.open('corrected', { coefficient: '3.00' })
  const bet = { event_id: 'corrected', bet_sum: '2.00' }
  const placed = await Promise.all(
    Array.from({ length: BETS }, (_, number) => system.place(bet, undefined, api(number))),
  )
  expect(new Set(placed.map(({ status }) => status))).toEqual(new Set([201]))
  const before = ['FINISHED_WIN', 'FINISHED_LOSE', 'NEW', 'CANCELLED', 'FINISHED_LOSE', 'NEW']
  for (const state of [...before, 'FINISHED_WIN']) {
    await system.change({ event_id: 'corrected', state, reason: `now ${state}` })
    await Bun.sleep(Math.random() * 20)
  }
  await system.atRest(10_000)
  const won = await get(`${api(1)}/bets/${placed[0]?.body.id}`)
  expect(won).toMatchObject({ state: 'WIN', payout: '6.00' })
  const history = won.history as { event_version: number; reason: string | null }[]
  expect(history[0]).toMatchObject({ event_version: 1, reason: null })
  expect(history.at(-1)).toMatchObject({ event_version: 8, reason: 'now FINISHED_WIN' })
})
