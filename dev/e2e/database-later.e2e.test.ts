import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { type ServiceProcess, spawnService } from '../testing/process.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { testServiceUrl } from '../testing/test-services.ts'
import { expectInvariants } from './invariants.ts'
import { killNow, type System, send, startSystem } from './system.ts'

const READY_WITHIN_MS = 5_000
/**
 * As long as a service that gives up without a database would need at most: a few attempts to
 * connect.
 */
const STAYS_MS = 3_000

let system: System
let way: TcpProxy
const accepted = new Map<string, number>()

beforeAll(async () => {
  system = await startSystem({ LOG_LEVEL: 'warn' })
  way = await new TcpProxy(testServiceUrl('TEST_DATABASE_URL')).open()
})
afterAll(async () => {
  await system.stop()
  await way.close()
})

/** A database's URL by way of the proxy. */
function byWay(setting: string): string {
  const url = new URL(system.env[setting] as string)
  url.hostname = '127.0.0.1'
  url.port = new URL(way.url).port
  return url.href
}

async function health({ url }: ServiceProcess, check: 'live' | 'ready') {
  const answer = await fetch(`${url}/health/${check}`)
  return { status: answer.status, body: await answer.json() }
}

for (const [how, shut, open] of [
  ['nothing listens', () => way.close(), () => way.open()],
  ['nobody answers', async () => way.hold(), async () => way.resume()],
] as const)
  test(`F16 services that start while ${how} where their databases are: live, not ready; ready when they come`, async () => {
    await Promise.all([system.line, system.worker, system.bets].map(killNow))
    await shut()
    const env = {
      ...system.env,
      LINE_DATABASE_URL: byWay('LINE_DATABASE_URL'),
      BET_DATABASE_URL: byWay('BET_DATABASE_URL'),
      LINE_PROVIDER_PORT: new URL(system.lineUrl).port,
    }
    const [line, worker, bets] = await Promise.all([
      spawnService('line-provider/src/main.ts', env),
      spawnService('bet-maker/src/worker.ts', env),
      spawnService('bet-maker/src/main.ts', env),
    ])
    Object.assign(system, { line, worker, bets, betsUrl: bets.url })

    const services = [line, worker, bets]
    const until = performance.now() + STAYS_MS
    do
      for (const service of services) {
        expect((await health(service, 'live')).status).toBe(200)
        expect(await health(service, 'ready')).toMatchObject({
          status: 503,
          body: { checks: { database: 'down' } },
        })
      }
    while (performance.now() < until)
    const event = { event_id: how.slice(0, 4), coefficient: '1.50', deadline: FAR_DEADLINE }
    const unavailable = { status: 503, body: { code: 'DATABASE_UNAVAILABLE' } }
    expect(await send('PUT', `${line.url}/event`, event)).toMatchObject(unavailable)

    await open()
    const openedMs = performance.now()
    await Promise.all(services.map((service) => service.waitReady(READY_WITHIN_MS)))
    const readyMs = Math.round(performance.now() - openedMs)
    expect((await send('PUT', `${line.url}/event`, event)).status).toBe(201)
    const bet = { event_id: event.event_id, bet_sum: '1.00' }
    const placed = await send('POST', `${bets.url}/bet`, bet, {
      'idempotency-key': how.slice(0, 4),
    })
    expect(placed.status).toBe(201)
    accepted.set(how.slice(0, 4), Number(placed.body.id))
    await send('PUT', `${line.url}/event`, { event_id: event.event_id, state: 'FINISHED_WIN' })
    await eventually(() => expectInvariants(system, accepted))
    console.log(`${how} where the databases are: all ready ${readyMs} ms after they came`)
  }, 40_000)
