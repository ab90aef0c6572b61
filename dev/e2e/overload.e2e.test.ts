import { afterEach, beforeAll, expect, test } from 'bun:test'
import { urlFor } from '../services/database-roles.ts'
import { eventually } from '../testing/eventually.ts'
import { summarise } from '../traffic/answered.ts'
import { startBettors } from '../traffic/bettors.ts'
import { startCommand } from './command.ts'
import { type HeldLock, holdLock, statementAtLock } from './held-lock.ts'
import { systemDuringTests } from './system.ts'

const ANSWER_WITHIN_MS = 3_000
const LIVE_WITHIN_MS = 1_000
const FLOOD = 20_000
const AT_ONCE = 1_000
/** What the flood may add: it keeps the machine busy and measures on the client side. */
const FLOOD_LAG_MS = 1_000
const QUEUE_MAX = 500
/** What a process may grow by while 1,000 connections wait. Most of it is theirs. */
const GROWTH_MB = 150
const SETTLED_WITHIN_MS = 10_000

let lock: HeldLock | undefined
// One feed sync must suffice: none can complete while the tables are locked, and the gate is not
// under test.
const system = systemDuringTests({
  PLACE_QUEUE_MAX: String(QUEUE_MAX),
  FEED_MAX_AGE_MS: '3600000',
  LOG_LEVEL: 'warn',
})
beforeAll(() => system.open('m'))
afterEach(() => lock?.release())

const bet = (event_id = 'm') => system.place(event_id)
const hang = async () => {
  lock = await holdLock(
    system.env.BET_DATABASE_URL as string,
    'lock table bets in access exclusive mode',
  )
}

async function timed(
  request: () => Promise<{ status: number }>,
): Promise<{ status: number; ms: number }> {
  const askedMs = performance.now()
  const { status } = await request()
  return { status, ms: performance.now() - askedMs }
}

/** Observes `live` and the memory of bet-maker's API until stopped. */
function watch() {
  let watching = true
  let liveMs = 0
  let peakMb = 0
  const baseMb = memoryMb()
  const watched = (async () => {
    while (watching) {
      const { status, ms } = await timed(() => fetch(`${system.betsUrl}/health/live`))
      expect(status).toBe(200)
      liveMs = Math.max(liveMs, ms)
      peakMb = Math.max(peakMb, memoryMb())
      await Bun.sleep(50)
    }
  })()
  return async () => {
    watching = false
    await watched
    return { liveMs, baseMb, growthMb: peakMb - baseMb }
  }
}

const memoryMb = () =>
  Number(Bun.spawnSync(['ps', '-o', 'rss=', '-p', String(system.bets.pid)]).stdout.toString()) /
  1024

test('F17 hanging statement, exhausted pool: 503 at the time limit, live is 200', async () => {
  await hang()
  const stop = watch()
  const requests = [
    ...Array.from({ length: 40 }, () => bet),
    ...Array.from({ length: 40 }, () => () => fetch(`${system.betsUrl}/bets`)),
    ...Array.from({ length: 10 }, () => () => fetch(`${system.betsUrl}/bets/1`)),
  ]
  const answers = await Promise.all(requests.map((request) => timed(request)))
  const { liveMs } = await stop()
  const longestMs = Math.max(...answers.map(({ ms }) => ms))
  console.log(`hanging: longest answer ${longestMs.toFixed(0)} ms, live ${liveMs.toFixed(0)} ms`)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
  expect(longestMs).toBeLessThan(ANSWER_WITHIN_MS)
  expect(liveMs).toBeLessThan(LIVE_WITHIN_MS)
  await lock?.release()
  await eventually(async () => expect((await bet()).status).toBe(201))
})

test(`F17 ${FLOOD} bets, hanging database: 503 in time, bounded memory, live is 200`, async () => {
  await hang()
  const stop = watch()
  const { output } = await startCommand(
    [process.execPath, 'dev/traffic/flood.ts', system.betsUrl, String(FLOOD), String(AT_ONCE)],
    { BUN_CONFIG_MAX_HTTP_REQUESTS: String(AT_ONCE) },
  ).done
  const { counts, longestMs } = JSON.parse(output) as {
    counts: Record<string, number>
    longestMs: number
  }
  const { liveMs, baseMb, growthMb } = await stop()
  console.log(
    `flood: ${JSON.stringify(counts)}; longest answer ${longestMs} ms, ` +
      `live ${liveMs.toFixed(0)} ms; memory ${baseMb.toFixed(0)} MB + ${growthMb.toFixed(0)} MB`,
  )
  expect(Object.keys(counts).toSorted()).toEqual(['503 DATABASE_UNAVAILABLE', '503 OVERLOADED'])
  expect(longestMs).toBeLessThan(ANSWER_WITHIN_MS + FLOOD_LAG_MS)
  expect(liveMs).toBeLessThan(LIVE_WITHIN_MS)
  expect(growthMb).toBeLessThan(GROWTH_MB)
  await lock?.release()
  await eventually(async () => expect((await bet()).status).toBe(201))
})

test('F17 an endless placement does not stop others; results are settled within 10 s', async () => {
  await system.open('ended')
  await eventually(async () => expect((await bet('ended')).status).toBe(201))
  const requests = JSON.stringify([
    { request: 0, event_id: 'ended', sum_cents: 100, accept_odds: 'any', client: '', key: null },
  ])
  // Runs as bet_maker, because the worker may terminate only sessions of that role.
  lock = await holdLock(
    urlFor('bet_maker', system.env.BET_DATABASE_URL as string),
    `select * from place_bets('${requests}', 3600000)`,
  )
  const load = startBettors({
    urls: [system.betsUrl],
    bettors: 16,
    bet: () => ({ event_id: 'm', bet_sum: '1.00' }),
  })
  await system.put({ event_id: 'ended', state: 'FINISHED_WIN' })
  const sentMs = performance.now()
  await statementAtLock(system.betSql, 'await_placements')
  await eventually(
    async () =>
      expect([...(await system.betSql`select state from bets where event_id = 'ended'`)]).toEqual([
        { state: 'WIN' },
      ]),
    { withinMs: SETTLED_WITHIN_MS },
  )
  const settledMs = performance.now() - sentMs
  await load.stop()
  const { counts, longestMs } = summarise(load.answers)
  console.log(
    `with an endless placement: settled after ${(settledMs / 1000).toFixed(1)} s, ` +
      `other bets at most ${longestMs} ms; ${JSON.stringify(counts)}`,
  )
  expect(settledMs).toBeGreaterThan(4_000)
  expect(Object.keys(counts)).toEqual(['201'])
  expect(longestMs).toBeLessThan(1_000)
  expect(system.worker.logs.join('\n')).toContain('terminated a session that blocked settling')
  await system.atRest(10_000, load.accepted)
})
