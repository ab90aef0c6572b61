import { describe, expect, test } from 'bun:test'
import { MAX_BODY_BYTES } from '@bets/platform/http/json-body'
import type { App } from './app.ts'
import { testCutOffs } from './cut-off-suite.ts'
import { expectInvalid, expectProblem, send, serveDuringTests } from './http.ts'
import { ANSWER, chunked, head, sendRaw, toResponse } from './raw-http.ts'

export interface BodySuite {
  /** The app and the contents of its tables. */
  deps(): { app: App; contents(): Promise<string> }
  method: string
  path: string
  /** A valid body, sent as it is only by requests that are cut off. */
  fitting: { event_id: string }
}

const SECRET = 'tell-nobody-4711'
const JSON_TYPE = 'Content-Type: application/json'
const CLOSE = 'Connection: close'

/**
 * Tests of every route with a body: B01, B02 (the document itself), B06, B07 and B08 of faults.md.
 */
export function testBodies({ deps, method, path, fitting }: BodySuite): void {
  const text = JSON.stringify(fitting)
  const put = (body: unknown, headers?: Record<string, string>) =>
    send(deps().app, method, path, body, headers)

  /** Runs the requests and expects that they write nothing. */
  async function writingNothing(requests: () => Promise<void>): Promise<void> {
    const before = await deps().contents()
    await requests()
    expect(await deps().contents()).toBe(before)
  }

  describe(`${method} ${path}`, () => {
    const malformed: [name: string, body: string | Uint8Array][] = [
      ['truncated JSON', `${text.slice(0, -1)},"more":"${SECRET}"`],
      ['an empty body', ''],
      ['only white space', ' \n'],
      ['two documents', `${text}${text}`],
      ['a trailing comma', `${text.slice(0, -1)},}`],
      ['single quotes', text.replaceAll('"', "'")],
      ['a comment', `${text}/* ${SECRET} */`],
      ['a number that is not JSON', `${text.slice(0, -1)},"more":NaN}`],
      ['a raw line break in a string', text.replace(fitting.event_id, 'a\nb')],
      ['invalid UTF-8', Buffer.from(text.replace(fitting.event_id, 'a\xff'), 'latin1')],
      [
        'an overlong UTF-8 sequence',
        Buffer.from(text.replace(fitting.event_id, 'a\xc0\xaf'), 'latin1'),
      ],
      ['a byte order mark', `\uFEFF${text}`],
      ['UTF-16', Buffer.from(text, 'utf16le')],
    ]
    for (const [name, body] of malformed)
      test(`B01 ${name} is 400`, () =>
        writingNothing(async () =>
          expectProblem(await put(body), 400, 'MALFORMED_BODY', { secret: SECRET }),
        ))

    for (const body of ['null', '[]', `["${SECRET}"]`, `[${text}]`, `"${SECRET}"`, '5', 'true'])
      test(`B02 a body that is ${body.slice(0, 7)} is 422`, () =>
        writingNothing(async () => expectInvalid(await put(body), ['/body'], SECRET)))

    for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])
      test(`B06 ${key} as a key is 422 and pollutes nothing`, () =>
        writingNothing(async () => {
          for (const value of [text, `{"polluted":"${SECRET}"}`, 'null', '1'])
            await expectInvalid(
              await put(`${text.slice(0, -1)},"${key}":${value}}`),
              [`/body/${key}`],
              SECRET,
            )
          expect(({} as Record<string, unknown>).polluted).toBeUndefined()
          expect(({} as Record<string, unknown>).event_id).toBeUndefined()
        }))

    for (const value of ['{"toString":1}', '[[{"toString":null}]]', '{"a":{"toString":"b"}}'])
      test(`B06 ${value} as an event's id is 400`, () =>
        writingNothing(async () => {
          const body = JSON.stringify({ ...fitting, event_id: JSON.parse(value) })
          await expectProblem(await put(body), 400, 'MALFORMED_BODY')
        }))

    const deep: [name: string, value: string][] = [
      ['arrays nested 10,000 deep', '['.repeat(10_000) + ']'.repeat(10_000)],
      ['objects nested 10,000 deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
      ['arrays nested as deep as 64 KiB can be', '['.repeat(32_000) + ']'.repeat(32_000)],
    ]
    for (const [name, value] of deep)
      test(`B06 ${name} are 400 and are not slower than others`, () =>
        writingNothing(async () => {
          for (const body of [
            value,
            `{"event_id":${value}}`,
            `${text.slice(0, -1)},"more":${value}}`,
          ]) {
            const startMs = performance.now()
            await expectProblem(await put(body), 400, 'MALFORMED_BODY')
            expect(performance.now() - startMs).toBeLessThan(100)
          }
        }))

    test('the checks come in order: 404, 405, 415, 413, 400, 422', () =>
      writingNothing(async () => {
        const { app } = deps()
        const wrong = { 'content-type': 'text/plain' }
        const large = 'a'.repeat(70_000)
        const query = '?more=1&more='
        await expectProblem(
          await send(app, method, `${path}/${query}`, large, wrong),
          404,
          'NOT_FOUND',
        )
        const deleted = await send(app, 'DELETE', path + query, large, wrong)
        await expectProblem(deleted, 405, 'METHOD_NOT_ALLOWED')
        const typed = await send(app, method, path + query, large, wrong)
        await expectProblem(typed, 415, 'UNSUPPORTED_MEDIA_TYPE')
        await expectProblem(await send(app, method, path + query, large), 413, 'BODY_TOO_LARGE')
        await expectProblem(await send(app, method, path + query, 'aaa'), 400, 'MALFORMED_BODY')
        await expectInvalid(await send(app, method, path + query, {}), ['/query/more'])
      }))

    testTypes(put, fitting, writingNothing)
    testSizes({ deps, method, path, fitting }, writingNothing)
  })
  testCutOffs({ deps, method, path, fitting })
}

function testTypes(
  put: (body: unknown, headers?: Record<string, string>) => Promise<Response>,
  fitting: object,
  writingNothing: (requests: () => Promise<void>) => Promise<void>,
): void {
  const types = [
    ...['', 'text/plain', 'text/json', 'json', '*/*', 'application/json;'],
    ...['application/jsonx', 'application/json5', 'application/problem+json'],
    ...['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'],
    ...['application/octet-stream', 'application/json, text/plain', `application/${SECRET}`],
    ...['latin1', 'utf-16'].map((charset) => `application/json; charset=${charset}`),
    'application/json; profile=x',
  ]
  const unsupported = (answer: Response) =>
    expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE', { secret: SECRET })
  for (const type of types)
    test(`B08 content type "${type}" is 415, before the body is read`, () =>
      writingNothing(async () => {
        for (const body of [fitting, '', '{"trunc', 'a'.repeat(70_000)])
          await unsupported(await put(body, { 'content-type': type }))
      }))

  for (const encoding of ['gzip', 'identity', 'br', 'deflate', SECRET])
    test(`B08 content encoding ${encoding} is 415`, () =>
      writingNothing(async () => {
        for (const body of [Bun.gzipSync(JSON.stringify(fitting)), fitting])
          await unsupported(await put(body, { 'content-encoding': encoding }))
      }))

  // With an unknown field, so that a body that is read is refused.
  const readable = [
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/json ; charset=UTF-8',
  ]
  for (const type of readable)
    test(`content type ${type} is read`, () =>
      writingNothing(async () =>
        expectInvalid(await put({ ...fitting, more: 1 }, { 'content-type': type }), ['/body/more']),
      ))
}

/** With raw sockets, which send lengths and chunks as they are. */
function testSizes(
  { deps, method, path, fitting }: BodySuite,
  writingNothing: (requests: () => Promise<void>) => Promise<void>,
): void {
  // With an unknown field, so that a body of the right size is read and refused.
  const ofSize = (bytes: number) => JSON.stringify({ ...fitting, more: 1 }).padEnd(bytes, ' ')
  /** The request with a length, and chunked. */
  const bothWays = (body: string, ...headers: string[]) => [
    [head(method, path, JSON_TYPE, `Content-Length: ${body.length}`, ...headers) + body],
    [
      head(method, path, JSON_TYPE, 'Transfer-Encoding: chunked', ...headers),
      ...chunked(body, 9_000),
    ],
  ]

  const url = serveDuringTests(() => deps().app)

  const large = { 'one byte': 1, '200 KiB': 200 * 1024, '800 KiB': 800 * 1024 }
  for (const [name, bytes] of Object.entries(large))
    test(`B07 a body ${name} over 64 KiB is 413, with a length or chunked`, () =>
      writingNothing(async () => {
        const body = ofSize(MAX_BODY_BYTES + bytes)
        for (const pieces of bothWays(body, CLOSE)) {
          const [answer] = await sendRaw(url(), ...pieces)
          expect(answer).toBeDefined()
          if (answer) await expectProblem(toResponse(answer), 413, 'BODY_TOO_LARGE')
        }
      }))

  test('B07 a body of exactly 64 KiB is read, with a length or chunked', () =>
    writingNothing(async () => {
      const body = ofSize(MAX_BODY_BYTES)
      for (const pieces of bothWays(body, CLOSE)) {
        const [answer] = await sendRaw(url(), ...pieces)
        expect(answer?.status).toBe(422)
      }
    }))

  test('B07 a body over 1 MiB is 413', () =>
    writingNothing(async () => {
      const [answer] = await sendRaw(
        url(),
        head(method, path, JSON_TYPE, 'Content-Length: 2000000', CLOSE),
      )
      expect(answer?.status).toBe(413)
    }))

  test('B07 after a 413 the connection serves the next request, with a length and chunked', () =>
    writingNothing(async () => {
      const body = ofSize(MAX_BODY_BYTES + 1)
      const live = head('GET', '/health/live', CLOSE)
      for (const pieces of bothWays(body)) {
        const answers = await sendRaw(url(), ...pieces, ANSWER, live)
        expect(answers.map(({ status }) => status)).toEqual([413, 200])
      }
    }))

  test('B01 no body at all is 400, and without a content type 415', () =>
    writingNothing(async () => {
      const statusOf = async (...headers: string[]) =>
        (await sendRaw(url(), head(method, path, ...headers, CLOSE)))[0]?.status
      expect(await statusOf(JSON_TYPE)).toBe(400)
      expect(await statusOf(JSON_TYPE, 'Content-Length: 0')).toBe(400)
      expect(await statusOf()).toBe(415)
      expect(await statusOf('Content-Type:')).toBe(415)
      expect(await statusOf(JSON_TYPE, JSON_TYPE)).toBe(415)
      expect(await statusOf(JSON_TYPE, 'Content-Encoding:')).toBe(415)
    }))
}
