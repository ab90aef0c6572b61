import { afterEach, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import type { ServiceProcess } from '../testing/process.ts'
import { get } from '../traffic/client.ts'
import { type HeldLock, holdLock, statementAtLock } from './held-lock.ts'
import { killNow, systemDuringTests } from './system.ts'

const ROUNDS = 12
const BETTORS = 24
/** So few bets per chunk that a settlement has many chunks. */
const CHUNK = 5

const system = systemDuringTests({ LOG_LEVEL: 'warn' })
let apis: ServiceProcess[]
let secondWorker: ServiceProcess
let lock: HeldLock | undefined

beforeAll(async () => {
  const spawned = ['bets', 'bets', 'worker'] as const
  const [second, third, worker] = await Promise.all(spawned.map((role) => system.spawn(role)))
  apis = [system.bets, second as ServiceProcess, third as ServiceProcess]
  secondWorker = worker as ServiceProcess
  await Promise.all(apis.map((api) => api.waitReady()))
})
afterEach(() => lock?.release())

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

test('F14 results racing with bets over three APIs and two workers: all bets settled', async () => {
  let refused = 0
  for (let round = 0; round < ROUNDS; round++) {
    const event_id = `race-${round}`
    await system.open(event_id)
    let ended = false
    const bettors = Array.from({ length: BETTORS }, async (_, bettor) => {
      // A few more after the result must be refused or settled as well.
      for (let after = 0; after < 3; ) {
        if (ended) after++
        const { status } = await system.place(event_id, undefined, api(bettor))
        if (status === 409) refused++
        else expect(status).toBe(201)
      }
    })
    await Bun.sleep(30 + Math.random() * 120)
    const state = round % 3 === 2 ? 'CANCELLED' : round % 3 === 1 ? 'FINISHED_LOSE' : 'FINISHED_WIN'
    await system.put({ event_id, state })
    // The bettors continue until the result is applied.
    const known = async () =>
      expect(
        await system.betSql`
          select from line_events where event_id = ${event_id} and state = ${state}`,
      ).toHaveLength(1)
    const began = performance.now()
    await eventually(known, { withinMs: 5_000 })
    expect(performance.now() - began).toBeLessThan(1_000)
    ended = true
    await Promise.all(bettors)
  }
  expect(refused).toBeGreaterThan(ROUNDS)
  expect(system.accepted.size).toBeGreaterThan(ROUNDS * BETTORS)
  await system.atRest(10_000)
  console.log(`${ROUNDS} rounds, ${system.accepted.size} bets accepted, ${refused} refused`)
})

/** Creates an event with bets of 2.00 at 3.00; returns their ids. */
async function eventWithBets(event_id: string, count: number): Promise<number[]> {
  await system.open(event_id, { coefficient: '3.00' })
  const bets = await Promise.all(
    Array.from({ length: count }, (_, number) =>
      system.place({ event_id, bet_sum: '2.00' }, undefined, api(number)),
    ),
  )
  expect(new Set(bets.map(({ status }) => status))).toEqual(new Set([201]))
  return bets.map(({ body }) => Number(body.id)).sort((a, b) => a - b)
}

const correct = (event_id: string, state: string) =>
  system.change({ event_id, state, reason: `now ${state}` })

/** Leaves one worker that settles in small chunks, so that no other can mend its mistakes. */
async function startSlowWorker(): Promise<void> {
  await Promise.all([killNow(system.worker), killNow(secondWorker)])
  // It makes no feed sync except the one at its start.
  const env = { SETTLE_CHUNK: String(CHUNK), FEED_SYNC_INTERVAL_MS: '3600000' }
  system.worker = await system.spawn('worker', env)
  await system.worker.waitReady()
}

test('F10 a correction between two chunks of a settlement decides every bet', async () => {
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
    // The second chunk waits at its first bet until the correction is applied.
    lock = await holdLock(system.env.BET_DATABASE_URL as string, hold)
    await correct('between', first)
    await statementAtLock(system.betSql, 'settle_chunk')
    const before = (await states()).map(({ applied_version }) => applied_version)
    expect(before).toEqual(ids.map((_, bet) => (bet < CHUNK ? version + 1 : version)))
    await correct('between', second)
    await eventually(async () =>
      expect([
        ...(await system.betSql`
          select version, state from line_events where event_id = 'between'`),
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
  await system.atRest()
})

test('F10 corrections at random times, two workers: the last one decides every bet', async () => {
  secondWorker = await system.spawn('worker', { SETTLE_CHUNK: String(CHUNK) })
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
  await system.atRest(10_000)
  const bet = await get(`${api(1)}/bets/${ids[0]}`)
  expect(bet).toMatchObject({ state: 'WIN', payout: '6.00' })
  const history = bet.history as { event_version: number; reason: string | null }[]
  expect(history[0]).toMatchObject({ event_version: 1, reason: null })
  expect(history.at(-1)).toMatchObject({ event_version: 8, reason: 'now FINISHED_WIN' })
})
