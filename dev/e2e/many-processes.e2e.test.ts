import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { type ServiceProcess, spawnService } from '../testing/process.ts'
import { type HeldLock, holdLock, statementAtLock } from './held-lock.ts'
import { expectInvariants } from './invariants.ts'
import { get, killNow, type System, send, startSystem } from './system.ts'

const ROUNDS = 12
const BETTORS = 24
/** So few bets at once that a settlement has many chunks. */
const CHUNK = 5
const deadline = 4_102_444_800

let system: System
let apis: ServiceProcess[]
let secondWorker: ServiceProcess
let lock: HeldLock | undefined

beforeAll(async () => {
  system = await startSystem({ LOG_LEVEL: 'warn' })
  const more = [
    'bet-maker/src/main.ts',
    'bet-maker/src/main.ts',
    'bet-maker/src/worker.ts',
  ] as const
  const [second, third, worker] = await Promise.all(
    more.map((entry) => spawnService(entry, system.env)),
  )
  apis = [system.bets, second as ServiceProcess, third as ServiceProcess]
  secondWorker = worker as ServiceProcess
  await Promise.all(apis.map((api) => api.waitReady()))
})
afterEach(() => lock?.release())
afterAll(() => system.stop())

const api = (number: number) => (apis[number % apis.length] as ServiceProcess).url
const accepted = new Map<string, number>()

test('F18 a thousand concurrent repeats over three API processes make one bet and 999 replays', async () => {
  await send('PUT', `${system.lineUrl}/event`, { event_id: 'keys', coefficient: '2.00', deadline })
  const bet = { event_id: 'keys', bet_sum: '5.00', coefficient: '2.00' }
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, number) =>
      send('POST', `${api(number)}/bet`, bet, { 'idempotency-key': 'k' }),
    ),
  )
  const statuses = Map.groupBy(answers, ({ status }) => status)
  expect(statuses.get(201)).toHaveLength(1)
  expect(statuses.get(200)).toHaveLength(999)
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  accepted.set('k', Number(answers[0]?.body.id))
})

test('a key is remembered by a process started later, when the event has ended and the line is gone', async () => {
  const bet = { event_id: 'keys', bet_sum: '5.00', coefficient: '2.00' }
  await send('PUT', `${system.lineUrl}/event`, { event_id: 'keys', state: 'FINISHED_WIN' })
  const id = accepted.get('k')
  await eventually(async () =>
    expect(await get(`${api(0)}/bets/${id}`)).toMatchObject({ state: 'WIN' }),
  )
  // Nothing answers at this address, and no feed is fresh enough for it.
  const env = { ...system.env, LINE_PROVIDER_URL: 'http://127.0.0.1:1', FEED_MAX_AGE_MS: '1' }
  const late = await spawnService('bet-maker/src/main.ts', env)
  const repeat = await send('POST', `${late.url}/bet`, bet, { 'idempotency-key': 'k' })
  expect(repeat).toMatchObject({ status: 200, body: { id, state: 'WIN', payout: '10.00' } })
  const other = await send(
    'POST',
    `${late.url}/bet`,
    { ...bet, bet_sum: '5.01' },
    { 'idempotency-key': 'k' },
  )
  expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } })
  const fresh = await send('POST', `${late.url}/bet`, bet, { 'idempotency-key': 'new' })
  expect(fresh).toMatchObject({ status: 503, body: { code: 'FEED_DOWN' } })
  await killNow(late)
})

test('F14 results that race with bets over three API processes and two workers leave no bet behind', async () => {
  let refused = 0
  for (let round = 0; round < ROUNDS; round++) {
    const event_id = `race-${round}`
    await send('PUT', `${system.lineUrl}/event`, { event_id, coefficient: '1.50', deadline })
    let ended = false
    const bettors = Array.from({ length: BETTORS }, async (_, bettor) => {
      // A few more after the result: they must be refused or settled as well.
      for (let number = 0, after = 0; after < 3; number++) {
        if (ended) after++
        const key = `${event_id}-${bettor}-${number}`
        const bet = { event_id, bet_sum: '1.00' }
        const answer = await send('POST', `${api(bettor)}/bet`, bet, { 'idempotency-key': key })
        if (answer.status === 409) refused++
        else {
          expect(answer.status).toBe(201)
          accepted.set(key, Number(answer.body.id))
        }
      }
    })
    await Bun.sleep(30 + Math.random() * 120)
    const state = round % 3 === 2 ? 'CANCELLED' : round % 3 === 1 ? 'FINISHED_LOSE' : 'FINISHED_WIN'
    await send('PUT', `${system.lineUrl}/event`, { event_id, state })
    // The bettors go on until the copy knows: then the line's word has arrived and been acted on.
    const known = async () =>
      expect(
        await system.betSql`select from line_events where event_id = ${event_id} and state = ${state}`,
      ).toHaveLength(1)
    const began = performance.now()
    await eventually(known, { withinMs: 5_000 })
    expect(performance.now() - began).toBeLessThan(1_000)
    ended = true
    await Promise.all(bettors)
  }
  expect(refused).toBeGreaterThan(ROUNDS)
  expect(accepted.size).toBeGreaterThan(ROUNDS * BETTORS)
  await eventually(() => expectInvariants(system, accepted), { withinMs: 10_000 })
  console.log(`${ROUNDS} rounds, ${accepted.size} bets taken, ${refused} refused`)
})

/** An event with this many bets of 2.00 at 3.00; answers their ids. */
async function eventWithBets(event_id: string, count: number): Promise<number[]> {
  await send('PUT', `${system.lineUrl}/event`, { event_id, coefficient: '3.00', deadline })
  const bets = await Promise.all(
    Array.from({ length: count }, (_, number) =>
      send('POST', `${api(number)}/bet`, { event_id, bet_sum: '2.00' }),
    ),
  )
  expect(new Set(bets.map(({ status }) => status))).toEqual(new Set([201]))
  return bets.map(({ body }) => Number(body.id)).sort((a, b) => a - b)
}

const correct = async (event_id: string, state: string) =>
  expect(
    (await send('PUT', `${system.lineUrl}/event`, { event_id, state, reason: `now ${state}` }))
      .status,
  ).toBe(200)

/** Leaves one worker, which settles in small chunks, so that nobody puts right what it does. */
async function startSlowWorker(): Promise<void> {
  await Promise.all([killNow(system.worker), killNow(secondWorker)])
  // No feed sync either, but that of its start.
  const env = { ...system.env, SETTLE_CHUNK: String(CHUNK), FEED_SYNC_INTERVAL_MS: '3600000' }
  system.worker = await spawnService('bet-maker/src/worker.ts', env)
  await system.worker.waitReady()
}

test('F10 a correction that arrives between two chunks of an earlier settlement: each bet ends as the correction means', async () => {
  const ids = await eventWithBets('between', 4 * CHUNK)
  await startSlowWorker()
  const states = () => system.betSql<{ state: string; applied_version: number }[]>`
    select state, applied_version from bets where event_id = 'between' order by id`
  const hold = `select from bets where id = ${ids[CHUNK]} for update`
  let version = 1
  for (const [first, second, end] of [
    ['FINISHED_WIN', 'FINISHED_LOSE', 'LOSE'],
    ['FINISHED_WIN', 'CANCELLED', 'VOID'],
    ['FINISHED_WIN', 'NEW', 'PENDING'],
  ] as const) {
    // The second chunk stops at its first bet until the correction has come.
    lock = await holdLock(system.env.BET_DATABASE_URL as string, hold)
    await correct('between', first)
    await statementAtLock(system.betSql, 'settle_chunk')
    const before = (await states()).map(({ applied_version }) => applied_version)
    expect(before).toEqual(ids.map((_, bet) => (bet < CHUNK ? version + 1 : version)))
    await correct('between', second)
    await eventually(async () =>
      expect([
        ...(await system.betSql`select version, state from line_events where event_id = 'between'`),
      ]).toEqual([{ version: version + 2, state: second }]),
    )
    await statementAtLock(system.betSql, 'settle_chunk')
    await lock.release()
    version += 2
    await eventually(async () =>
      expect([...(await states())]).toEqual(
        ids.map(() => ({ state: end, applied_version: version })),
      ),
    )
  }
  await eventually(() => expectInvariants(system, accepted))
})

test('F10 corrections that come as they like, at two workers that settle in chunks: each bet ends as the last one means', async () => {
  secondWorker = await spawnService('bet-maker/src/worker.ts', {
    ...system.env,
    SETTLE_CHUNK: String(CHUNK),
  })
  const ids = await eventWithBets('corrected', 600)
  const states = [
    'FINISHED_WIN',
    'FINISHED_LOSE',
    'NEW',
    'CANCELLED',
    'FINISHED_LOSE',
    'NEW',
    'FINISHED_WIN',
  ]
  for (const state of states) {
    await correct('corrected', state)
    await Bun.sleep(Math.random() * 20)
  }
  await eventually(() => expectInvariants(system, accepted), { withinMs: 10_000 })
  const bet = await get(`${api(1)}/bets/${ids[0]}`)
  expect(bet).toMatchObject({ state: 'WIN', payout: '6.00' })
  const history = bet.history as { event_version: number; reason: string | null }[]
  expect(history[0]).toMatchObject({ event_version: 1, reason: null })
  expect(history.at(-1)).toMatchObject({ event_version: 8, reason: 'now FINISHED_WIN' })
})
