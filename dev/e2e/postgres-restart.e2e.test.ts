import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { whenPortAccepts } from '../services/answers.ts'
import { POSTGRES_TEST_SETTINGS, startPrivatePostgres } from '../services/private-postgres.ts'
import type { PrivateService } from '../services/private-service.ts'
import { eventually } from '../testing/eventually.ts'
import { summarise } from '../traffic/answered.ts'
import { startBettors } from '../traffic/bettors.ts'
import { get } from '../traffic/client.ts'
import { type System, startSystem } from './system.ts'

const BETTORS = 32
const EVENTS = 8
const DOWN_MS = 700
const TERMINATIONS = 300
/** The limits of faults.md. */
const ANSWER_WITHIN_MS = 3_000
const BACK_WITHIN_MS = 5_000

let postgres: PrivateService
let system: System

beforeAll(async () => {
  // An immediate stop must not lose commits, as it would with asynchronous commits.
  postgres = await startPrivatePostgres([...POSTGRES_TEST_SETTINGS, '-c', 'synchronous_commit=on'])
  system = await startSystem({ FEED_SYNC_INTERVAL_MS: '500', LOG_LEVEL: 'warn' }, postgres.url)
  for (let event = 0; event < EVENTS; event++) await system.open(`pg-${event}`)
})
afterAll(async () => {
  await system.stop()
  await postgres.remove()
})

const bet = (bettor: number, number: number) => ({
  event_id: `pg-${(bettor + number) % EVENTS}`,
  bet_sum: '1.00',
})

/** Repeats a request and records the time of each answer. */
async function ask(
  until: () => boolean,
  times: number[],
  request: () => Promise<unknown>,
): Promise<void> {
  while (!until()) {
    const askedMs = performance.now()
    await request()
    times.push(performance.now() - askedMs)
    await Bun.sleep(20)
  }
}

/**
 * Loads all services during `fault`, which resolves with the time at which the server was back.
 * Returns how long bets and readiness took from then on.
 */
async function underLoad(fault: () => Promise<number>) {
  const load = startBettors({ urls: [system.betsUrl], bettors: BETTORS, bet })
  let over = false
  const otherTimes: number[] = []
  const states = ['FINISHED_WIN', 'NEW', 'CANCELLED', 'FINISHED_LOSE']
  const others = [
    () => system.get('/bets?limit=5'),
    () => get(`${system.lineUrl}/events/changes?limit=5`),
    () => {
      const event_id = `pg-${otherTimes.length % 2}`
      const state = states[otherTimes.length % states.length]
      return system.put({ event_id, state, reason: 'changed again' })
    },
  ].map((request) => ask(() => over, otherTimes, request))

  await eventually(() => expect(load.accepted.size).toBeGreaterThan(2 * BETTORS), {
    withinMs: 10_000,
  })
  const backMs = await fault()
  await eventually(
    () =>
      expect(
        load.answers.some(
          ({ askedAtMs, status }) => askedAtMs > backMs && (status === 201 || status === 409),
        ),
      ).toBe(true),
    { withinMs: 10_000 },
  )
  const firstMs = performance.now() - backMs
  await Promise.all([system.line, system.bets, system.worker].map((process) => process.waitReady()))
  const readyMs = performance.now() - backMs
  await Bun.sleep(300)
  over = true
  await Promise.all([...others, load.stop()])
  for (const { url } of [system.line, system.bets, system.worker])
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
  const { longestMs, counts } = summarise(load.answers)
  return {
    accepted: load.accepted,
    longestMs,
    counts,
    firstMs,
    readyMs,
    otherMs: Math.max(...otherTimes),
  }
}

async function expectSurvived(
  name: string,
  result: Awaited<ReturnType<typeof underLoad>>,
  allowed: RegExp,
): Promise<void> {
  const { longestMs, counts, firstMs, readyMs, otherMs } = result
  console.log(
    `${name}: longest answer ${longestMs} ms, of other routes ${otherMs.toFixed(0)} ms; ` +
      `first bet after ${firstMs.toFixed(0)} ms, all ready after ${readyMs.toFixed(0)} ms; ` +
      JSON.stringify(counts),
  )
  expect(Object.keys(counts).filter((answer) => !allowed.test(answer))).toEqual([])
  expect(Math.max(longestMs, otherMs)).toBeLessThan(ANSWER_WITHIN_MS)
  expect(readyMs).toBeLessThan(BACK_WITHIN_MS)
  await system.atRest(10_000, result.accepted)
}

for (const [name, signal] of [
  ['fast', 'SIGINT'],
  ['immediate', 'SIGQUIT'],
] as const)
  test(`F16 PostgreSQL restart (${name}): 503 in time, recovery, nothing partial`, async () => {
    const result = await underLoad(async () => {
      await postgres.kill(signal)
      await postgres.stop()
      await Bun.sleep(DOWN_MS)
      // Its port accepts connections before it has recovered; start() resolves afterwards.
      const accepted = whenPortAccepts(Number(new URL(postgres.url).port))
      await Promise.all([accepted, postgres.start()])
      return accepted
    })
    expect(Object.keys(result.counts)).toContain('503 DATABASE_UNAVAILABLE')
    // Bets that wait too long while the server is down are refused as OVERLOADED.
    await expectSurvived(
      `PostgreSQL stopped ${name}`,
      result,
      /^(200|201|409 .*|503 (DATABASE_UNAVAILABLE|OVERLOADED))$/,
    )
  })

test(`F16 ${TERMINATIONS} ended backends: 503 in time, recovery, nothing partial`, async () => {
  const admin = connectDatabase(postgres.url, { max: 1, applicationName: 'test-admin' })
  let terminated = 0
  const result = await underLoad(async () => {
    while (terminated < TERMINATIONS) {
      const rows = await admin`
        select pg_terminate_backend(pid) from pg_stat_activity
        where backend_type = 'client backend'
          and application_name like any (array['bet-maker%', 'line-provider'])`
      terminated += rows.length
      await Bun.sleep(20)
    }
    return performance.now()
  })
  await admin.end({ timeout: 1 })
  console.log(`${terminated} backends terminated`)
  await expectSurvived('backends terminated', result, /^(200|201|409 .*|503 DATABASE_UNAVAILABLE)$/)
})
