import { expect, test } from 'bun:test'
import { LINE_TIME_HEADER } from '@bets/domain/feed'
import { ALLOWED_HOSTS, type App } from './app.ts'
import { expectInvalid, expectProblem, send, serveDuringTests } from './http.ts'
import { ANSWER, head, type RawAnswer, sendRaw, toResponse } from './raw-http.ts'

export interface AddressSuite {
  /** The app, available once the tests run. */
  deps(): { app: App }
  /** Paths that answer GET with a status below 500. */
  reads: string[]
  /** Those of them that are lists with a `limit`. */
  lists: string[]
  /** The methods of each path, as in `Allow`. */
  allowed: Record<string, string>
  /** Unknown paths of this app, beside those of every app. */
  unknown: string[]
}

const SECRET = 'tell-nobody-4711'
const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS']
const BAD_LIMITS = [
  ...[
    '0',
    '-1',
    '1001',
    'abc',
    '1.5',
    '0x10',
    '1e2',
    '%205',
    '01',
    '+5',
    'NaN',
    '99999999999999999999',
    '5%00',
  ],
]
/** Unknown paths of every app, except those in its `allowed`. */
const NOWHERE = [
  '/',
  '/nothing',
  '/docs/',
  '/docs/nothing',
  '/docs/../nothing',
  '/health',
  '/health/',
  '//',
  '/%2E',
]

/** Tests of addresses for every app: B09 (limits, parameters) and B11 of faults.md, and HEAD. */
export function testAddresses({ deps, reads, lists, allowed, unknown }: AddressSuite): void {
  const get = (path: string) => send(deps().app, 'GET', path)

  for (const path of lists) {
    for (const limit of BAD_LIMITS)
      test(`B09 GET ${path}: limit ${limit} is 422`, async () =>
        expectInvalid(await get(`${path}?limit=${limit}`), ['/query/limit']))

    test(`B09 GET ${path}: limit empty or given twice is 422`, async () => {
      for (const query of [
        'limit=',
        'limit',
        'limit=5&limit=5',
        'limit=5&limit=6',
        'limit=5&limit',
        'limit=&x',
      ])
        expect((await get(`${path}?${query}`)).status).toBe(422)
      await expectInvalid(await get(`${path}?limit=5&limit=5`), ['/query/limit'])
      await expectInvalid(await get(`${path}?limit=`), ['/query/limit'])
    })

    test(`GET ${path}: limits from 1 to 1000 are accepted, percent-encoded too`, async () => {
      for (const limit of ['1', '9', '10', '999', '1000', '%31'])
        expect((await get(`${path}?limit=${limit}`)).status).toBeLessThan(400)
    })
  }

  for (const path of reads)
    test(`B09 GET ${path}: an unknown query parameter is 422, empty or repeated too`, async () => {
      for (const [query, parameter] of [
        [`more=${SECRET}`, 'more'],
        ['more=', 'more'],
        ['more', 'more'],
        ['more=1&more=2', 'more'],
        ['Limit=5', 'Limit'],
        ['limit[]=5', 'limit[]'],
        ['__proto__=1', '__proto__'],
        ['constructor=1', 'constructor'],
        ['a/b~c=1', 'a~1b~0c'],
        ['=5', ''],
      ])
        await expectInvalid(await get(`${path}?${query}`), [`/query/${parameter}`], SECRET)
    })

  // `/%2E` is `/` by the rules of URLs.
  const isTaken = (path: string) =>
    allowed[new URL(`http://localhost${path}`).pathname] !== undefined
  for (const path of [...NOWHERE.filter((path) => !isTaken(path)), ...unknown])
    test(`B11 ${path}: an unknown path is 404, whatever else is wrong`, async () => {
      for (const method of METHODS) {
        await expectProblem(await send(deps().app, method, path), 404, 'NOT_FOUND')
        await expectProblem(
          await send(deps().app, method, `${path}?limit=0&limit=`),
          404,
          'NOT_FOUND',
        )
      }
      expect((await send(deps().app, 'HEAD', path)).status).toBe(404)
    })

  for (const [path, allow] of Object.entries(allowed))
    test(`B11 ${path}: a wrong method is 405 with Allow: ${allow}`, async () => {
      for (const method of [...METHODS, 'HEAD'].filter(
        (method) => !allow.split(', ').includes(method),
      )) {
        const response = await send(deps().app, method, `${path}?limit=0`)
        expect(response.headers.get('allow')).toBe(allow)
        if (method === 'HEAD') expect(response.status).toBe(405)
        else await expectProblem(response, 405, 'METHOD_NOT_ALLOWED')
      }
    })

  const url = serveDuringTests(() => deps().app)
  testHeads(url, reads)
  testHosts(url, reads)
}

/** HEAD on the wire: like GET, with the length of its body, and nothing after the head. */
function testHeads(url: () => string, reads: string[]): void {
  for (const path of [...reads, '/docs', '/docs/json', '/nothing', `${reads[0]}?limit=0`])
    test(`HEAD ${path} answers like GET, without the body`, async () => {
      const [asHead, asGet] = await sendRaw(
        url(),
        head('HEAD', path, 'X-Request-Id: one'),
        ANSWER,
        head('GET', path, 'X-Request-Id: one', 'Connection: close'),
      )
      // Bun sends a Date only with a body, and the line's time goes on.
      asGet?.headers.delete('date')
      for (const answer of [asHead, asGet]) answer?.headers.delete(LINE_TIME_HEADER)
      const headers = Object.fromEntries(asHead?.headers ?? [])
      expect(asHead?.status).toBe(asGet?.status as number)
      expect(asHead?.body).toBe('')
      expect(headers).toEqual(Object.fromEntries(asGet?.headers ?? []))
      expect(Number(headers['content-length'])).toBe(asGet?.body.length as number)
    })
}

const THIS_MACHINE = [
  ...'localhost LocalHost:8100 shop.localhost 127.0.0.1 0.0.0.0:8100 10.0.0.1:8100'.split(' '),
  ...'[::1] [::1]:8100 [fe80::1]'.split(' '),
]
const FOREIGN_HOSTS = [
  ...'rebind.evil.example b app.evil.example localhost.evil.example evil-localhost'.split(' '),
  ...'127.0.0.1.evil.example a.example.org.evil:8100 xlocalhost localhost.'.split(' '),
]

function testHosts(url: () => string, reads: string[]): void {
  const [path] = reads as [string]

  test('the Host header does not change what a path is, however short the host', async () => {
    const pathAndMore = [path, '/nothing', '/docs']
    const statuses = (host: string) =>
      Promise.all(
        pathAndMore.map(async (each) => {
          const request = `GET ${each} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
          return (await sendRaw(url(), request))[0]?.status
        }),
      )
    const expected = await statuses('localhost')
    expect(expected).toEqual([200, 404, 200])
    for (const host of [...ALLOWED_HOSTS, ...THIS_MACHINE, 'app:80', 'APP:8080'])
      expect(await statuses(host), host).toEqual(expected)
  })

  test('B24 a foreign Host is refused on every path, while tokens are off', async () => {
    const paths = [...reads, '/nothing', '/docs', '/docs/swagger-ui.css', `${path}?limit=0`]
    const ask = async (host: string, method: string, each: string) => {
      const request = `${method} ${each} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
      const [answer] = await sendRaw(url(), request)
      expect(answer, `${method} ${each} of ${host}`).toMatchObject({ status: 421 })
      return answer as RawAnswer
    }
    for (const host of FOREIGN_HOSTS)
      for (const each of paths)
        await expectProblem(toResponse(await ask(host, 'GET', each)), 421, 'HOST_NOT_ALLOWED')
    for (const method of ['HEAD', 'PUT', 'POST', 'OPTIONS', 'DELETE'])
      for (const each of paths) await ask('rebind.evil.example', method, each)
  })

  test('a malformed Host header is 400', async () => {
    for (const host of ['', 'a/b', `x${path}?`, 'a b', 'a#b', 'a@b', '%', 'a:b:c'])
      for (const each of [path, '/nothing']) {
        const request = `GET ${each} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
        expect((await sendRaw(url(), request))[0]?.status, `${host} ${each}`).toBe(400)
      }
  })

  test('many requests over one connection are answered in their order', async () => {
    const paths = [path, '/nothing', '/health/live', path, `${path}?limit=0`]
    const pieces = paths.flatMap((each) => [head('GET', each), ANSWER] as const)
    const answers = await sendRaw(
      url(),
      ...pieces,
      head('GET', '/health/live', 'Connection: close'),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 200, 200, 422, 200])
  })

  test('B11 a fragment or an encoded letter in a path makes it another path', async () => {
    for (const each of [
      `${path}#x`,
      `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}`,
      `${path}%3Flimit=5`,
    ]) {
      const [answer] = await sendRaw(url(), head('GET', each, 'Connection: close'))
      expect(answer).toBeDefined()
      if (answer) await expectProblem(toResponse(answer), 404, 'NOT_FOUND')
    }
  })
}
