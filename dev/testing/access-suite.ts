import { describe, expect, test } from 'bun:test'
import type { AccessOptions } from '@bets/platform/http/access'
import type { App } from './app.ts'
import { expectProblem, json, send } from './http.ts'

/** Two tokens of one name, as during a replacement, and one of another name. */
export const TOKENS = [
  { name: 'first', token: 'the-old-token-of-the-first' },
  { name: 'first', token: 'the-new-token:of/the+first==' },
  { name: 'second', token: 'the-token-of-the-second' },
]
export const ACCESS: AccessOptions = { tokens: TOKENS, requestRateMax: 1_000 }

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const [OLD, NEW, SECOND] = TOKENS.map(({ token }) => token) as [string, string, string]

type Ask = readonly [method: string, path: string, body?: object]

interface AccessSuite {
  /** The app with `ACCESS`, and whether anything was written. */
  deps(): { app: App; contents(): Promise<string>; logged: readonly string[] }
  /** The app with other access settings. */
  withAccess(access: AccessOptions): App
  /** Requests that lack only a token, and their status with one. */
  protectedRoutes: readonly (readonly [ask: Ask, status: number])[]
  /** The open GET routes. Each documented route must be in one of the two lists. */
  openRoutes: readonly string[]
  /** The purpose of the token. A token of the other service is not accepted. */
  otherKind: string
}

/** Tests of access control for every app with tokens. */
export function testAccess({
  deps,
  withAccess,
  protectedRoutes,
  openRoutes,
  otherKind,
}: AccessSuite): void {
  const ask = ([method, path, body]: Ask, headers: Record<string, string> = {}, app = deps().app) =>
    send(app, method, path, body, headers)
  const expectUnauthorized = async (answer: Response, challenge: string) => {
    expect(answer.headers.get('www-authenticate')).toBe(challenge)
    await expectProblem(answer, 401, 'UNAUTHORIZED')
  }
  const INVALID = 'Bearer realm="bets", error="invalid_token"'

  for (const [route, status] of protectedRoutes)
    describe(`B14 ${route[0]} ${route[1]}`, () => {
      test('without a token it is 401, says how to send one, and writes nothing', async () => {
        const before = await deps().contents()
        await expectUnauthorized(await ask(route), 'Bearer realm="bets"')
        expect(await deps().contents()).toBe(before)
      })

      test.each([
        ['of nobody', bearer('nobody')],
        ['of the other service', bearer(otherKind)],
        ['cut short', bearer(OLD.slice(0, -1))],
        ['with something behind', bearer(`${OLD}x`)],
        ['in other letters', bearer(OLD.toUpperCase())],
        ['that is a name', bearer('first')],
        ['that is name and token', bearer(`first:${OLD}`)],
        ['that is empty', bearer('')],
        ['that is very long', bearer('a'.repeat(8_000))],
        ['of another scheme', { authorization: `Basic ${btoa(`first:${OLD}`)}` }],
        ['without a scheme', { authorization: OLD }],
        ['beside another', { authorization: `Bearer ${OLD}, Bearer ${NEW}` }],
      ])('a token %s is 401, and nothing is written', async (_, headers) => {
        const before = await deps().contents()
        await expectUnauthorized(await ask(route, headers), INVALID)
        expect(await deps().contents()).toBe(before)
      })

      test('each token of a name is accepted, with the scheme in any case', async () => {
        for (const token of [OLD, NEW, SECOND])
          expect((await ask(route, bearer(token))).status).toBe(status)
        expect((await ask(route, { authorization: `bearer ${OLD}` })).status).toBe(status)
        expect((await ask(route, { authorization: `BEARER   ${OLD}` })).status).toBe(status)
      })

      test('without a token an answer says nothing else about the request', async () => {
        const [method, path, body] = route
        const bad = body === undefined ? undefined : '{'
        for (const headers of [
          { 'content-type': 'text/plain' },
          { 'content-encoding': 'gzip' },
          {},
        ])
          await expectProblem(
            await send(deps().app, method, `${path}?x=`, bad, headers),
            401,
            'UNAUTHORIZED',
          )
      })

      test('beyond its rate a name is 429 for a while, and others are not', async () => {
        const app = withAccess({ tokens: TOKENS, requestRateMax: 5 })
        const began = performance.now()
        for (let request = 0; request < 5; request++)
          expect((await ask(route, bearer(request % 2 ? OLD : NEW), app)).status).toBe(status)
        const refused = await ask(route, { ...bearer(OLD), 'content-type': 'text/plain' }, app)
        // Five a second: if the five take longer on a slow machine, one more is allowed.
        if (performance.now() - began < 190) await expectProblem(refused, 429, 'RATE_LIMITED')
        expect((await ask(route, bearer(SECOND), app)).status).toBe(status)
        await Bun.sleep(1_000)
        expect((await ask(route, bearer(OLD), app)).status).toBe(status)
      })
    })

  test('B14 an unknown path is 404 and a wrong method 405, with a token and without', async () => {
    for (const headers of [{}, bearer(OLD)]) {
      await expectProblem(await ask(['GET', '/nowhere'], headers), 404, 'NOT_FOUND')
      const [[, path]] = protectedRoutes[0] as [Ask, number]
      await expectProblem(await ask(['DELETE', path], headers), 405, 'METHOD_NOT_ALLOWED')
    }
  })

  test('B14 HEAD requires a token where GET does', async () => {
    for (const [[method, path], status] of protectedRoutes) {
      if (method !== 'GET') continue
      expect((await ask(['HEAD', path])).status).toBe(401)
      expect((await ask(['HEAD', path], bearer(OLD))).status).toBe(status)
    }
  })

  test.each(openRoutes.map((path) => [path]))(
    '%s is open to everyone, with a wrong token too',
    async (path) => {
      const status = (await ask(['GET', path])).status
      expect(status).not.toBe(401)
      expect((await ask(['GET', path], bearer('nobody'))).status).toBe(status)
    },
  )

  test('the document requires a token on exactly the protected routes', async () => {
    const document = await json(await ask(['GET', '/docs/json']))
    expect(document.components.securitySchemes).toEqual({
      token: { type: 'http', scheme: 'bearer', description: expect.any(String) },
    })
    const shown: string[] = []
    const open: string[] = []
    for (const [path, operations] of Object.entries<Record<string, ReturnType<typeof JSON.parse>>>(
      document.paths,
    ))
      for (const [method, operation] of Object.entries(operations)) {
        if (operation.security === undefined) {
          open.push(`${method.toUpperCase()} ${path}`)
          continue
        }
        expect(operation.security).toEqual([{ token: [] }])
        expect(Object.keys(operation.responses)).toContain('429')
        expect(operation.responses['401'].headers).toHaveProperty('WWW-Authenticate')
        shown.push(`${method.toUpperCase()} ${path.replace(/\{[^}]*\}/g, '*')}`)
      }
    const expected = protectedRoutes.map(
      ([[method, path]]) => `${method} ${path.replace(/\/[\w-]*\d(?=\/|$)/, '/*')}`,
    )
    expect(shown.sort()).toEqual(expected.sort())
    // A route without a mark would be open to everyone, so open routes are listed, too.
    const isListed = (route: string) => {
      const pattern = new RegExp(`^${route.replace(/\{[^}]*\}/g, '[^/]+')}$`)
      return openRoutes.some((path) => pattern.test(`GET ${path}`))
    }
    expect(open.filter((route) => !isListed(route))).toEqual([])
  })

  test('whatever a protected route answers is kept by no cache, refusals too', async () => {
    const cached = async (asked: Promise<Response>) => (await asked).headers.get('cache-control')
    for (const [route] of protectedRoutes)
      for (const headers of [bearer(OLD), bearer('nobody'), {}]) {
        expect(await cached(ask(route, headers))).toBe('no-store')
        const [method, path, body] = route
        expect(await cached(send(deps().app, method, `${path}?x=`, body, headers))).toBe('no-store')
      }
    const limited = withAccess({ tokens: TOKENS, requestRateMax: 1 })
    const [[route]] = protectedRoutes as [[Ask, number]]
    for (let request = 0; request < 3; request++)
      expect(await cached(ask(route, bearer(OLD), limited))).toBe('no-store')
    expect(await cached(ask(['GET', '/health/live'], bearer(OLD)))).toBeNull()
  })

  test('with tokens, any name of the service will do', async () => {
    const { status } = await deps().app.handle(new Request('http://bets.example/health/live'))
    expect(status).toBe(200)
  })

  test('no token is logged', () => {
    for (const token of [OLD, NEW, SECOND]) expect(deps().logged.join('\n')).not.toContain(token)
  })
}
