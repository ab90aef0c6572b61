import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { eventually } from '../testing/eventually.ts'
import { type ServiceProcess, spawnService } from '../testing/process.ts'
import { head } from '../testing/raw-http.ts'

/** Nothing listens there: what outsiders see of a process needs neither. */
const ALONE = {
  LINE_DATABASE_URL: 'postgres://line:line@127.0.0.1:1/line_db',
  BET_DATABASE_URL: 'postgres://bet:bet@127.0.0.1:1/bet_db',
  BROKER_URL: 'amqp://line:line@127.0.0.1:1',
  LOG_LEVEL: 'error',
}
const ENTRIES = ['line-provider/src/main.ts', 'bet-maker/src/main.ts'] as const
const BUNDLE = '/docs/swagger-ui-bundle.js'
const CLIENTS = 400
/** Sockets and their buffers. A copy of the file for each client would be 660 MB. */
const GROWTH_MB = 100

/** The most memory that the process has had so far. */
const peakMb = ({ pid }: ServiceProcess) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

/** Requests a path and reads nothing of the answer; resolves when the request is sent. */
function requestUnread({ url }: ServiceProcess, method: string, path: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) }, () => {
      socket.pause()
      socket.write(head(method, path), () => resolve(socket))
    })
    socket.on('error', reject)
  })
}

test.each(ENTRIES)(
  'F29 %s: hundreds of clients that do not read the largest file cost it no memory',
  async (entry) => {
    const service = await spawnService(entry, ALONE)
    const before = peakMb(service)
    const ask = (method: string) =>
      Promise.all(Array.from({ length: CLIENTS }, () => requestUnread(service, method, BUNDLE)))
    for (const socket of await ask('GET')) socket.resetAndDestroy()
    const unread = [...(await ask('GET')), ...(await ask('HEAD'))]
    await eventually(async () => {
      const answer = await fetch(service.url + BUNDLE)
      expect((await answer.bytes()).length).toBeGreaterThan(1_000_000)
    })
    expect(peakMb(service) - before).toBeLessThan(GROWTH_MB)
    for (const socket of unread) socket.destroy()
  },
)

test.each([
  [ENTRIES[0], 'no', undefined],
  [ENTRIES[1], 'no', undefined],
  [ENTRIES[0], 'public', 'local:local-operator-token'],
  [ENTRIES[1], 'public', 'local:local-client-token'],
] as const)('B24 %s with %s tokens answers under ALLOWED_HOSTS only', async (entry, _, tokens) => {
  const given = tokens === undefined ? {} : { OPERATOR_TOKENS: tokens, CLIENT_TOKENS: tokens }
  const service = await spawnService(entry, { ...ALONE, ...given, ALLOWED_HOSTS: 'bets.test,' })
  const statusFor = async (host: string) =>
    (await fetch(`${service.url}/docs`, { headers: { host } })).status
  expect(await statusFor('bets.test:8100')).toBe(200)
  expect(await statusFor('rebind.evil.example')).toBe(421)
})

/** Whether a process listens on more than 127.0.0.1: then it answers on all of 127.0.0.0/8. */
const isOpen = ({ url }: ServiceProcess) =>
  fetch(`${url.replace('127.0.0.1', '127.0.0.2')}/health/live`).then(
    () => true,
    () => false,
  )

test('F31 without settings only this machine reaches a service, as 0.0.0.0 too', async () => {
  const service = await spawnService('line-provider/src/main.ts', {
    ...ALONE,
    LINE_PROVIDER_HOST: '',
  })
  expect((await fetch(`${service.url.replace('127.0.0.1', '0.0.0.0')}/docs`)).status).toBe(200)
  expect(await isOpen(service)).toBe(false)
})

test.each([
  ['no tokens', '', 'OPERATOR_TOKENS is not set: anyone who can reach this service'],
  ['a public token', 'local:local-operator-token', 'OPERATOR_TOKENS has a sample token'],
])('F31 a service opened by a setting warns of %s', async (_, OPERATOR_TOKENS, warning) => {
  const opened = { ...ALONE, LINE_PROVIDER_HOST: '0.0.0.0', LOG_LEVEL: 'warn', OPERATOR_TOKENS }
  const service = await spawnService('line-provider/src/main.ts', opened)
  expect(await isOpen(service)).toBe(true)
  expect(service.logs.join('\n')).toContain(warning)
})

test('F31 containers publish ports on this machine only, unless a setting opens them', async () => {
  for (const file of ['', '.override', '.cluster']) {
    const text = await Bun.file(`${import.meta.dir}/../../docker-compose${file}.yml`).text()
    const published = [...text.matchAll(/^ +- (.*:[0-9]+)$/gm)]
    expect(published.length).toBeGreaterThan(1)
    for (const [, port] of published)
      expect(port).toMatch(
        /^(127\.0\.0\.1|\$\{PUBLISH_HOST:-127\.0\.0\.1\}):\$\{[A-Z_]+:-[0-9]+\}:/,
      )
  }
})
