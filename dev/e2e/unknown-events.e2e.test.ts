import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { spawnService } from '../testing/process.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { expectInvariants } from './invariants.ts'
import { killNow, type System, send, startSystem } from './system.ts'

const NEW_EVENTS = 50
const MADE_UP = 3_000
const AT_ONCE = 200
/** As bet-maker limits itself. */
const MAX_IN_FLIGHT = 16

let system: System
const accepted = new Map<string, number>()

beforeAll(async () => {
  // No feed sync but the first one, and a gate that stays open without: what is known comes by messages,
  // or is asked for.
  system = await startSystem({
    FEED_SYNC_INTERVAL_MS: '3600000',
    FEED_MAX_AGE_MS: '3600000',
    LOG_LEVEL: 'warn',
  })
})
afterAll(() => system.stop())

const put = (url: string, event_id: string) =>
  send('PUT', `${url}/event`, { event_id, coefficient: '1.50', deadline: FAR_DEADLINE })
const versionOf = async (event_id: string) =>
  (
    await system.betSql<
      { version: number }[]
    >`select version from line_events where event_id = ${event_id}`
  )[0]?.version

async function expectTaken(event_id: string): Promise<void> {
  const bet = { event_id, bet_sum: '1.00' }
  const answer = await send('POST', `${system.betsUrl}/bet`, bet, { 'idempotency-key': event_id })
  expect(answer).toMatchObject({ status: 201, body: { event_id, event_version: 1 } })
  accepted.set(event_id, Number(answer.body.id))
}

test('F11 a message about an event never seen is taken in', async () => {
  await put(system.lineUrl, 'by-message')
  await eventually(async () => expect(await versionOf('by-message')).toBe(1))
})

test('F11 an event created a moment ago can be bet on at once, whether or not a worker works', async () => {
  system.worker.kill('SIGSTOP')
  for (let event = 0; event < NEW_EVENTS; event++) {
    await put(system.lineUrl, `new-${event}`)
    expect(await versionOf(`new-${event}`)).toBe(undefined)
    await expectTaken(`new-${event}`)
  }
  system.worker.kill('SIGCONT')
  await eventually(() => expectInvariants(system, accepted))
})

test('F11 an event created a moment ago can be bet on at once while the broker is down', async () => {
  const proxy = await new TcpProxy(system.env.BROKER_URL as string).open()
  await proxy.close()
  await Promise.all([killNow(system.line), killNow(system.worker)])
  const env = {
    ...system.env,
    BROKER_URL: proxy.url,
    LINE_PROVIDER_PORT: new URL(system.lineUrl).port,
  }
  system.line = await spawnService('line-provider/src/main.ts', env)
  system.worker = await spawnService('bet-maker/src/worker.ts', env)
  await system.line.waitReady()
  for (let event = 0; event < NEW_EVENTS; event++) {
    await put(system.lineUrl, `quiet-${event}`)
    await expectTaken(`quiet-${event}`)
  }
  await eventually(() => expectInvariants(system, accepted))
})

test('F11 a flood of made-up ids is no flood of requests to the line, and hardly troubles other bets', async () => {
  let inFlight = 0
  let most = 0
  let asked = 0
  const line = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch() {
      asked++
      most = Math.max(most, ++inFlight)
      await Bun.sleep(20)
      inFlight--
      return Response.json({ code: 'EVENT_NOT_FOUND' }, { status: 404 })
    },
  })
  const env = { ...system.env, LINE_PROVIDER_URL: line.url.origin }
  const api = await spawnService('bet-maker/src/main.ts', env)
  const bet = (event_id: string) => send('POST', `${api.url}/bet`, { event_id, bet_sum: '1.00' })

  const counts: Record<string, number> = {}
  let number = 0
  const flood = Array.from({ length: AT_ONCE }, async () => {
    while (number < MADE_UP) {
      const { status, body } = await bet(`made-up-${number++}`)
      counts[`${status} ${body.code}`] = (counts[`${status} ${body.code}`] ?? 0) + 1
    }
  })
  let longestMs = 0
  while (number < MADE_UP) {
    const askedMs = performance.now()
    expect((await bet('by-message')).status).toBe(201)
    longestMs = Math.max(longestMs, performance.now() - askedMs)
  }
  await Promise.all(flood)
  line.stop(true)
  console.log(
    `${asked} of ${MADE_UP} made-up ids asked for, ${most} at once; ${JSON.stringify(counts)}; a known event's bet took at most ${longestMs.toFixed(0)} ms`,
  )
  expect(most).toBe(MAX_IN_FLIGHT)
  expect(Object.keys(counts).sort()).toEqual(['404 EVENT_NOT_FOUND', '503 OVERLOADED'])
  expect(asked).toBe(counts['404 EVENT_NOT_FOUND'] as number)
  expect(longestMs).toBeLessThan(1_000)
  await eventually(() => expectInvariants(system, accepted))
})
