import { describe, expect, test } from 'bun:test'
import type { LogLevel } from '@bets/domain/log'
import { Elysia } from 'elysia'
import type { AccessOptions } from '../src/http/access.ts'
import { createBaseApp } from '../src/http/base-app.ts'
import { healthController, ReadinessReport } from '../src/http/health.controller.ts'
import { serveHttp } from '../src/http/http-server.ts'
import { HTTP_PROBLEMS } from '../src/http/problem.ts'
import { createGuard } from '../src/http/route.ts'
import { serveApp } from '../src/http/serve-app.ts'
import { Metrics } from '../src/metrics/metrics.ts'
import { StartError } from '../src/process/env.ts'
import { createLog } from '../src/process/log.ts'

const ORIGIN = 'https://shop.example'

interface Options {
  access?: AccessOptions
  origins?: readonly string[]
  level?: LogLevel
}

function createApp({ access, origins = [], level = 'info' }: Options = {}) {
  const logged: string[] = []
  const log = createLog('test', level, (line) => logged.push(line))
  const cors = { origins, requestHeaders: ['Idempotency-Key'] }
  const app = createBaseApp({ log, problems: HTTP_PROBLEMS, cors }).use(
    new Elysia()
      .use(createGuard(access))
      .get('/thing', () => ({ a: 1 }), { access: 'open' })
      .get('/list', () => new Response('[]', { headers: { link: '</list>; rel="next"' } }), {
        access: 'open',
      })
      .put('/thing', ({ body }) => body, { access: 'open' })
      .put('/ours', ({ caller, requestId }) => ({ caller, requestId }), { access: 'client' })
      .get(
        '/broken',
        () => {
          throw new Error('broken')
        },
        { access: 'open' },
      ),
  )
  const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
    app.handle(new Request(`http://localhost${path}`, { method, headers }))
  return { app, logged, ask }
}

describe('a request id', () => {
  test('is returned with every answer, failures too, and logged with failures', async () => {
    const { ask, logged } = createApp()
    const paths = ['/thing', '/list', '/nowhere', '/thing?a=1&a=2', '/broken']
    for (const path of paths)
      for (const method of ['GET', 'HEAD', 'DELETE'])
        expect(
          (await ask(method, path, { 'x-request-id': 'from:shop_1-2.3' })).headers.get(
            'x-request-id',
          ),
        ).toBe('from:shop_1-2.3')
    expect(logged).toHaveLength(2)
    for (const line of logged)
      expect(JSON.parse(line)).toMatchObject({ level: 'error', request_id: 'from:shop_1-2.3' })
  })

  test('is generated for each request without a valid one', async () => {
    const { ask } = createApp()
    const seen = new Set<string | null>()
    for (const given of [undefined, '', 'a b', '{"a":1}', 'x'.repeat(65), 'é'])
      seen.add(
        (
          await ask('GET', '/thing', given === undefined ? {} : { 'x-request-id': given })
        ).headers.get('x-request-id'),
      )
    expect(seen.size).toBe(6)
    for (const id of seen) expect(id).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('pages of other sites', () => {
  const cors = (response: Response) =>
    Object.fromEntries(
      [...response.headers].filter(([name]) => /^access-control-|^vary$/.test(name)),
    )
  const PREFLIGHT = { origin: ORIGIN, 'access-control-request-method': 'PUT' }

  test('are not allowed unless the setting allows them', async () => {
    const { ask } = createApp()
    expect(cors(await ask('GET', '/thing', { origin: ORIGIN }))).toEqual({})
    expect((await ask('OPTIONS', '/thing', PREFLIGHT)).status).toBe(405)
  })

  test('from an allowed origin may read every answer, including refusals', async () => {
    const { ask } = createApp({ origins: ['https://other.example', ORIGIN] })
    for (const path of ['/thing', '/list', '/nowhere', '/broken', '/thing?a=']) {
      const answer = await ask('GET', path, { origin: ORIGIN })
      expect(cors(answer)).toMatchObject({ 'access-control-allow-origin': ORIGIN, vary: 'Origin' })
      expect(answer.headers.get('access-control-expose-headers')).toContain('Location')
    }
  })

  test('from any other origin get nothing', async () => {
    const { ask } = createApp({ origins: [ORIGIN] })
    for (const origin of [
      'https://evil.example',
      'https://shop.example.evil',
      'null',
      'http://shop.example',
    ])
      expect(cors(await ask('GET', '/thing', { origin }))).toEqual({ vary: 'Origin' })
    // A cache must not return this answer to an allowed site.
    expect(cors(await ask('GET', '/thing'))).toEqual({ vary: 'Origin' })
    expect(
      (await ask('OPTIONS', '/thing', { ...PREFLIGHT, origin: 'https://evil.example' })).status,
    ).toBe(405)
  })

  test('may send preflight requests for existing paths', async () => {
    const { ask } = createApp({ origins: [ORIGIN] })
    const answer = await ask('OPTIONS', '/thing', PREFLIGHT)
    expect(answer.status).toBe(204)
    expect(cors(answer)).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'HEAD, GET, PUT',
      'access-control-allow-headers': 'Authorization, Content-Type, X-Request-Id, Idempotency-Key',
    })
    expect((await ask('OPTIONS', '/nowhere', PREFLIGHT)).status).toBe(404)
    expect((await ask('OPTIONS', '/thing', { origin: ORIGIN })).status).toBe(405)
  })
})

test('a header of more than 16 KB is rejected by the server, which keeps running', async () => {
  const { app } = createApp()
  const server = serveHttp({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  const status = async (headers: Record<string, string>) =>
    (await fetch(`${server.url}/thing`, { headers })).status
  expect(await status({ 'x-large': 'a'.repeat(8_000) })).toBe(200)
  expect(await status({ 'x-large': 'a'.repeat(20_000) })).toBe(431)
  expect(
    await status(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, 'a']))),
  ).toBe(431)
  expect(await status({})).toBe(200)
  await server.stop()
})

describe('a request without a valid token', () => {
  const access = { tokens: [{ name: 'shop', token: 'the-token' }], requestRateMax: 10 }
  const given = { 'x-request-id': 'r-1', authorization: 'Bearer not-the-token' }

  test('is logged at level debug, by its id and never with its content', async () => {
    const { ask, logged } = createApp({ access, level: 'debug' })
    expect((await ask('PUT', '/ours', given)).status).toBe(401)
    expect((await ask('PUT', '/ours', { 'x-request-id': 'r-2' })).status).toBe(401)
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'debug', request_id: 'r-1', reason: 'The token is not valid here.' },
      { level: 'debug', request_id: 'r-2', reason: 'Send a token as "Authorization: Bearer …".' },
    ])
    expect(logged.join()).not.toContain('not-the-token')
  })

  test('is not logged otherwise', async () => {
    const { ask, logged } = createApp({ access })
    await ask('PUT', '/ours', given)
    expect(logged).toEqual([])
  })
})

test('a handler knows the caller and the request id', async () => {
  const access = { tokens: [{ name: 'shop', token: 'the-token' }], requestRateMax: 10 }
  const { app } = createApp({ access })
  const answer = await app.handle(
    new Request('http://localhost/ours', {
      method: 'PUT',
      headers: {
        authorization: 'Bearer the-token',
        'content-type': 'application/json',
        'x-request-id': 'r-1',
      },
      body: '{}',
    }),
  )
  expect(await answer.json()).toEqual({ caller: 'shop', requestId: 'r-1' })
})

test('an app does not start with a route that does not say who may call it', () => {
  const app = createApp().app.use(new Elysia().get('/forgotten', () => 1))
  const serve = () => serveApp(app, { host: '127.0.0.1', port: 0, metricsPort: 0 }, new Metrics())
  expect(serve).toThrow(StartError)
  expect(serve).toThrow('GET /forgotten')
})

test('a mark in the documentation guards nothing', () => {
  const marked = new Elysia().get('/said', () => 1, { detail: { 'x-access': 'client' } as object })
  const app = createApp().app.use(marked)
  expect(() =>
    serveApp(app, { host: '127.0.0.1', port: 0, metricsPort: 0 }, new Metrics()),
  ).toThrow('GET /said')
})

test.each([
  ['json', 'json'],
  ['none', 'none'],
  ['a function', () => ({})],
])('a route with a body parser of its own (%s) is guarded all the same', async (_, parse) => {
  const access = { tokens: [{ name: 'shop', token: 'the-token' }], requestRateMax: 10 }
  const sly = new Elysia()
    .use(createGuard(access))
    .post('/sly', () => 1, { access: 'client', parse } as object)
  const headers = { 'content-type': 'application/json' }
  const request = new Request('http://localhost/sly', { method: 'POST', headers, body: '{}' })
  expect((await createApp({ access }).app.use(sly).handle(request)).status).toBe(401)
})

test('a route with an access mark is guarded even where its controller has no guard', async () => {
  const access = { tokens: [{ name: 'shop', token: 'the-token' }], requestRateMax: 10 }
  const unguarded = new Elysia().get('/late', () => 1, { access: 'client' } as object)
  const app = createApp({ access }).app.use(unguarded)
  expect((await app.handle(new Request('http://localhost/late'))).status).toBe(401)
})

test('F35 however many ask at once whether a process is ready, one check is made', async () => {
  let checks = 0
  const check = async () => {
    checks++
    await Bun.sleep(5)
    return { ready: checks > 1, checks: {} }
  }
  const health = healthController(createGuard(), check, ReadinessReport)
  const ask = async () => (await health.handle(new Request('http://localhost/health/ready'))).status
  const askers = () => Promise.all(Array.from({ length: 400 }, ask))
  expect(new Set(await askers())).toEqual(new Set([503]))
  expect(checks).toBe(1)
  expect(new Set(await askers())).toEqual(new Set([200]))
  expect(checks).toBe(2)
})
