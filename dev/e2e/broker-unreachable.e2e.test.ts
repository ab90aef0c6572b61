import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { testServiceUrl } from '../testing/test-services.ts'
import { deadLetters } from '../traffic/broker.ts'
import { get } from '../traffic/client.ts'
import { bothSides, brokerState, timeToCopy } from './observe.ts'
import { type System, startSystem } from './system.ts'

const BROKER_URL = testServiceUrl('TEST_BROKER_URL')
/** Two feed syncs apart by the default interval, and some. */
const BY_PASSES_MS = 7_000
const BY_MESSAGE_MS = 2_000
const RECONNECT_MS = 10_000
/** The promise is 30 s; three heartbeats of six seconds and some are less. */
const NOTICE_MS = 22_000
/**
 * Longer than bets go on without a feed sync (20 s), so that feed syncs keep them going. The
 * row's minute would show no more and cost `make test` half a minute.
 */
const AWAY_MS = 25_000
const RESULT_EVERY_MS = 2_500

let way: TcpProxy
let system: System

// The way to the broker is shut when the processes start. Their settings are the defaults.
beforeAll(async () => {
  way = await new TcpProxy(BROKER_URL).open()
  await way.close()
  system = await startSystem({ BROKER_URL: way.url, LOG_LEVEL: 'warn' })
}, 30_000)
afterAll(async () => {
  await system.stop()
  await way.close()
})

/** Ends an event and answers after how many milliseconds the bet was won. */
async function timeToSettle(event_id: string, bet: number): Promise<number> {
  await system.change({ event_id, state: 'FINISHED_WIN' })
  return system.becomes(bet, { state: 'WIN' }, BY_PASSES_MS)
}

test('F04 services that start without a broker are ready, show it, and do their work; when it comes they connect', async () => {
  const { line, bets, worker } = system
  for (const { url } of [line, worker]) {
    const ready = await fetch(`${url}/health/ready`)
    expect(ready.status).toBe(200)
    expect(await ready.json()).toEqual({ ready: true, checks: { database: 'up', broker: 'down' } })
  }
  // bet-maker's API has no broker: it is ready when bets can be taken.
  expect(await get(`${bets.url}/health/ready`)).toMatchObject({
    ready: true,
    checks: { database: 'up', feed: 'up' },
  })

  await system.open('early')
  const byPassesMs = await timeToSettle('early', await system.bet('early'))
  await way.open()
  const { lineMs, workerMs } = await bothSides(system, 'up', RECONNECT_MS)
  const byMessageMs = await timeToCopy(system, 'after-start', BY_MESSAGE_MS)
  await system.atRest()
  console.log(
    `broker down at the start: a result by the feed sync in ${byPassesMs} ms; once there, line-provider connected after ${lineMs} ms, ` +
      `worker after ${workerMs} ms, then a change in ${byMessageMs} ms`,
  )
}, 40_000)

test('F04 the broker is away for longer than the feed sync keep bets going: no bet is refused, results arrive within 7 s', async () => {
  const { worker, line } = system
  for (const setting of ['FEED_MAX_AGE_MS', 'FEED_SYNC_INTERVAL_MS'])
    expect(system.env).not.toContainKey(setting)
  await system.open('away')
  await system.bet('away')
  const wentMs = performance.now()
  await way.close()
  // Its bettors take no answer but a bet's and an ended event's.
  const load = await system.load('away')
  await bothSides(system, 'down', 1_000)
  const results: number[] = []
  const ages: number[] = []
  while (performance.now() - wentMs < AWAY_MS) {
    const event_id = `away-result-${results.length}`
    await system.open(event_id)
    const bet = await system.bet(event_id)
    await Bun.sleep(Math.random() * RESULT_EVERY_MS)
    ages.push(Number((await system.get('/health/ready')).feed_age_ms))
    results.push(await timeToSettle(event_id, bet))
    for (const service of [line, worker]) expect(await brokerState(service)).toBe('down')
  }
  await system.bet('away')
  await load.stop()
  expect(load.accepted.size).toBeGreaterThan(AWAY_MS / 50)
  await system.atRest(BY_PASSES_MS)
  await way.open()
  await bothSides(system, 'up', RECONNECT_MS)
  expect(await deadLetters(BROKER_URL)).toBe(0)
  console.log(
    `broker away for ${((performance.now() - wentMs) / 1_000).toFixed(0)} s: ${load.accepted.size} bets, results by the feed sync in ` +
      `${results.join(', ')} ms, the latest feed sync up to ${Math.max(...ages)} ms old`,
  )
}, 60_000)

test('F06 connections to the broker that are half-open are noticed within 30 s; until then results come by the feed sync', async () => {
  await system.open('half-open')
  const bet = await system.bet('half-open')
  way.freeze()
  const noticed = bothSides(system, 'down', NOTICE_MS)
  const load = await system.load('frozen')
  const byPassesMs = await timeToSettle('half-open', bet)
  const { lineMs, workerMs } = await noticed
  const again = await bothSides(system, 'up', RECONNECT_MS)
  await load.stop()
  await system.atRest(10_000)
  const byMessageMs = await timeToCopy(system, 'after-freeze', BY_MESSAGE_MS)
  expect(await deadLetters(BROKER_URL)).toBe(0)
  console.log(
    `half-open: noticed by line-provider after ${lineMs} ms, by the worker after ${workerMs} ms, a result by the feed sync in ${byPassesMs} ms; ` +
      `connected again after ${again.lineMs} and ${again.workerMs} ms more, then a change in ${byMessageMs} ms`,
  )
}, 60_000)
