import { afterAll, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { Elysia } from 'elysia'
import { head, type RawAnswer, sendRaw } from '../../../dev/testing/raw-http.ts'
import { createBaseApp } from '../src/http/base-app.ts'
import { cachedJson } from '../src/http/cached-json.ts'
import { HTTP_PROBLEMS } from '../src/http/problem.ts'
import { createGuard } from '../src/http/route.ts'
import { serveApp } from '../src/http/serve-app.ts'
import { Metrics } from '../src/metrics/metrics.ts'
import { createLog } from '../src/process/log.ts'

const CLOSE = 'Connection: close'
const JSON_TYPE = 'Content-Type: application/json'
/** More than the sockets hold, so that clients leave in the middle of it. */
const LARGE = { text: 'a'.repeat(8_000_000) }

const logged: string[] = []
const log = createLog('test', 'info', (line) => logged.push(line))
const large = cachedJson((value: typeof LARGE) => value)
let atWork = Promise.withResolvers<void>()
const routes = new Elysia()
  .use(createGuard())
  .get('/thing', () => ({ a: 1 }), { access: 'open' })
  .get('/things/:id', ({ params }) => params, { access: 'open' })
  .get('/large', () => large(LARGE), { access: 'open' })
  .put('/thing', ({ body }) => body, { access: 'open' })
  .put(
    '/slow',
    async () => {
      atWork.resolve()
      await Bun.sleep(50)
      return { done: true }
    },
    { access: 'open' },
  )
const app = createBaseApp({ log, problems: HTTP_PROBLEMS }).use(routes)
const server = serveApp(app, { host: '127.0.0.1', port: 0, metricsPort: 0 }, new Metrics())
afterAll(() => server.stop())

const ask = async (method: string, path: string, ...headers: string[]) =>
  (await sendRaw(server.url, head(method, path, ...headers, CLOSE)))[0] as RawAnswer
const metrics = async () => await (await fetch(server.metricsUrl)).text()
/** How many requests to a route were counted, by status. */
async function counted(route: string): Promise<Record<string, number>> {
  const samples = (await metrics()).matchAll(
    /_count\{route="(.*)",method=".*",status="(.*)"\} (\d+)/g,
  )
  const counts: Record<string, number> = {}
  for (const [, of, status = '', count] of samples)
    if (of === route) counts[status] = (counts[status] ?? 0) + Number(count)
  return counts
}

test('metrics are served on a port of their own, and nothing else is', async () => {
  expect(await metrics()).toContain('http_requests_in_flight')
  for (const path of ['/thing', '/', '/metrics/', '/.\\thing'])
    expect((await fetch(new URL(server.metricsUrl).origin + path)).status).toBe(404)
})

test('B22 no spelling of /metrics leads anywhere on the port that clients reach', async () => {
  const spellings = [
    ...['/metrics', '/metrics/', '//metrics', '/./metrics', '/.\\metrics', '/x\\..\\metrics'],
    ...['/%2e/metrics', '/%2E%2E/metrics', '/a/../metrics', '/%6Detrics', '/metrics?', '/metrics#'],
    ...['/metrics%20', '/things/..\\metrics', '/things/../metrics', 'http://localhost/metrics'],
    ...['http://localhost/.\\metrics', '\\metrics', '/thing/../metrics', '/thing\\..\\metrics'],
  ]
  for (const path of spellings) {
    const { status, body } = await ask('GET', path)
    expect(status, path).toBeOneOf([400, 404])
    expect(body, path).not.toContain('# TYPE')
  }
})

test('B21 a path that the app would see differently than it was sent is 400', async () => {
  const paths = [
    ...['/.\\thing', '/x\\..\\thing', '/./thing', '/%2e/thing', '/x/../thing', '/x/%2E%2e/thing'],
    ...['/things/..\\thing', '/things/..', '/things/%2e%2e', '/things/1\\2', '/things/1\\..\\2'],
    ...['http://localhost/.\\thing', '\\thing'],
  ]
  for (const path of paths)
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await ask(method, path)).status, `${method} ${path}`).toBe(400)
})

test('a path is read as it was sent, in the absolute form too', async () => {
  for (const path of ['/thing', 'http://localhost/thing', 'http://other.example/thing'])
    expect((await ask('GET', path)).body, path).toBe('{"a":1}')
  for (const [path, id] of [
    ['/things/1', '1'],
    ['/things/%31', '1'],
    ['/things/a.b', 'a.b'],
    ['/things/%7e', '~'],
  ] as const)
    expect(JSON.parse((await ask('GET', path)).body)).toEqual({ id })
})

test('B19 a request with two Host headers is 400, and without one too', async () => {
  for (const hosts of ['Host: a\r\nHost: b\r\n', 'Host: a\r\nHost: a\r\n', 'Host: a, b\r\n', ''])
    for (const path of ['/thing', '/nowhere']) {
      const [answer] = await sendRaw(server.url, `GET ${path} HTTP/1.1\r\n${hosts}${CLOSE}\r\n\r\n`)
      expect(answer?.status, hosts).toBe(400)
    }
})

test('B20 a method that the HTTP parser knows is 405; any other gets no answer', async () => {
  for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'PURGE', 'LINK', 'QUERY', 'UNLOCK']) {
    const { status, headers } = await ask(method, '/thing')
    expect([status, headers.get('allow')], method).toEqual([405, 'HEAD, GET, PUT'])
  }
  for (const method of ['FOO', 'get', 'GETS'])
    expect(await sendRaw(server.url, head(method, '/thing', CLOSE)), method).toEqual([])
})

/**
 * Sends bytes, hangs up after `until` (by default when an answer begins), and waits until the
 * server has counted the request.
 */
async function hangUp(route: string, bytes: string, until?: Promise<unknown>): Promise<void> {
  const total = async () => Object.values(await counted(route)).reduce((sum, n) => sum + n, 0)
  const before = await total()
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  const answered = Promise.withResolvers<unknown>()
  socket.once('data', answered.resolve)
  await new Promise<void>((sent) => socket.write(bytes, () => sent()))
  await (until ?? answered.promise)
  socket.resetAndDestroy()
  while ((await total()) === before) await Bun.sleep(1)
}

test('F26 hanging up in the middle of a body counts as 499 and is not logged', async () => {
  const withLength = `${head('PUT', '/thing', JSON_TYPE, 'Content-Length: 100')}{"event`
  const inChunks = `${head('PUT', '/thing', JSON_TYPE, 'Transfer-Encoding: chunked')}23\r\n{"ev`
  for (const bytes of [withLength, inChunks]) await hangUp('/thing', bytes, Bun.sleep(50))
  expect(await counted('/thing')).toMatchObject({ 499: 2 })
  expect(await counted('/thing')).not.toHaveProperty('500')
  expect(logged).toEqual([])
})

test('F27 leaving while a handler works or in the middle of an answer is no failure', async () => {
  for (let round = 0; round < 5; round++) {
    atWork = Promise.withResolvers()
    const bytes = `${head('PUT', '/slow', JSON_TYPE, 'Content-Length: 2')}{}`
    await hangUp('/slow', bytes, atWork.promise)
    await hangUp('/large', head('GET', '/large'))
    await hangUp('/large', head('HEAD', '/large'))
  }
  expect(await counted('/slow')).toEqual({ 200: 5 })
  expect(Object.keys(await counted('/large'))).toEqual(['200'])
  expect((await ask('GET', '/thing')).status).toBe(200)
  expect(logged).toEqual([])
})
