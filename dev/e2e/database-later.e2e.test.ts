import { afterAll, beforeAll, expect, test } from 'bun:test'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import type { ServiceProcess } from '../testing/process.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { testServiceUrl } from '../testing/test-services.ts'
import { killNow, systemDuringTests } from './system.ts'

const ROLES = ['line', 'worker', 'bets'] as const
const READY_WITHIN_MS = 5_000
/** Longer than a service would need to give up after a few attempts to connect. */
const OBSERVED_MS = 3_000

const system = systemDuringTests({ LOG_LEVEL: 'warn' })
let proxy: TcpProxy

beforeAll(async () => {
  proxy = await new TcpProxy(testServiceUrl('TEST_DATABASE_URL')).open()
})
afterAll(() => proxy.close())

/** A database's URL through the proxy. */
function viaProxy(setting: string): string {
  const url = new URL(system.env[setting] as string)
  url.hostname = '127.0.0.1'
  url.port = new URL(proxy.url).port
  return url.href
}

async function health({ url }: ServiceProcess, check: 'live' | 'ready') {
  const answer = await fetch(`${url}/health/${check}`)
  return { status: answer.status, body: await answer.json() }
}

for (const [how, shut, open] of [
  ['refused connections', () => proxy.close(), () => proxy.open()],
  ['silence', async () => proxy.hold(), async () => proxy.resume()],
] as const)
  test(`F16 databases unreachable at the start (${how}): live, ready once reachable`, async () => {
    await Promise.all(system.processes.map(killNow))
    await shut()
    const env = {
      LINE_DATABASE_URL: viaProxy('LINE_DATABASE_URL'),
      BET_DATABASE_URL: viaProxy('BET_DATABASE_URL'),
    }
    await Promise.all(ROLES.map((role) => system.restart(role, env)))
    const services = system.processes
    const until = performance.now() + OBSERVED_MS
    do
      for (const service of services) {
        expect((await health(service, 'live')).status).toBe(200)
        expect(await health(service, 'ready')).toMatchObject({
          status: 503,
          body: { checks: { database: 'down' } },
        })
      }
    while (performance.now() < until)
    const event_id = how.slice(0, 4)
    const event = { event_id, coefficient: '1.50', deadline: FAR_DEADLINE }
    const unavailable = { status: 503, body: { code: 'DATABASE_UNAVAILABLE' } }
    expect(await system.put(event)).toMatchObject(unavailable)

    await open()
    const openedMs = performance.now()
    await Promise.all(services.map((service) => service.waitReady(READY_WITHIN_MS)))
    const readyMs = Math.round(performance.now() - openedMs)
    await system.change(event)
    await system.bet(event_id)
    await system.change({ event_id, state: 'FINISHED_WIN' })
    await system.atRest()
    console.log(
      `databases unreachable (${how}): all ready ${readyMs} ms after they became reachable`,
    )
  }, 40_000)
