import { describe, expect, test } from 'bun:test'
import {
  MAX_BODY_BYTES,
  MalformedBodyError,
  readJsonBody,
  UnsupportedMediaTypeError,
} from '../src/http/json-body.ts'
import { BodyTooLargeError } from '../src/process/read-bounded.ts'

const JSON_HEADERS = { 'content-type': 'application/json' }

/** A request with a body of known length, as a server sees it. */
function withLength(
  body: string | Uint8Array,
  headers: Record<string, string> = JSON_HEADERS,
): Request {
  const length = String(Buffer.byteLength(body as string))
  return new Request('http://localhost/', {
    method: 'POST',
    body,
    headers: { 'content-length': length, ...headers },
  })
}

/** A request whose body comes in pieces, without a length. */
function chunked(...chunks: (string | Uint8Array)[]): Request {
  let next = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks[next++]
      if (chunk === undefined) controller.close()
      else controller.enqueue(Buffer.from(chunk as string))
    },
  })
  return new Request('http://localhost/', { method: 'POST', body, headers: JSON_HEADERS })
}

/** A JSON string of exactly so many bytes. */
const jsonOf = (bytes: number) => `"${'a'.repeat(bytes - 2)}"`
const forms = [
  ['with a length', withLength],
  ['in chunks', chunked],
] as const

describe('the media type', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ; charset="utf-8"',
  ])('%p is accepted', async (type) => {
    expect(await readJsonBody(withLength('{"a":1}', { 'content-type': type }))).toEqual({ a: 1 })
  })

  test.each([
    ...'application/jsonx application/json5 application/problem+json text/json'.split(' '),
    ...'text/plain application/x-www-form-urlencoded xapplication/json json'.split(' '),
    ...['application/json; charset=latin1', 'application/json; charset=utf-16'],
    ...['application/json; profile=x', 'application/json, text/plain'],
  ])('%p is unsupported (415)', async (type) => {
    await expect(readJsonBody(withLength('{}', { 'content-type': type }))).rejects.toThrow(
      UnsupportedMediaTypeError,
    )
  })

  test('a missing one is unsupported (415)', async () => {
    const request = withLength(Buffer.from('{}'), {})
    expect(request.headers.has('content-type')).toBe(false)
    await expect(readJsonBody(request)).rejects.toThrow(UnsupportedMediaTypeError)
  })

  test.each(['gzip', 'identity', 'br'])(
    'the content encoding %p is unsupported (415)',
    async (encoding) => {
      const request = withLength('{}', { ...JSON_HEADERS, 'content-encoding': encoding })
      await expect(readJsonBody(request)).rejects.toThrow(UnsupportedMediaTypeError)
    },
  )

  test('is checked before size and content', async () => {
    const request = withLength('x'.repeat(MAX_BODY_BYTES + 1), { 'content-type': 'text/plain' })
    await expect(readJsonBody(request)).rejects.toThrow(UnsupportedMediaTypeError)
  })
})

describe.each(forms)('a body %s', (_form, send) => {
  test('of 64 KiB is read', async () => {
    expect(await readJsonBody(send(jsonOf(MAX_BODY_BYTES)))).toBe('a'.repeat(MAX_BODY_BYTES - 2))
  })

  test('one byte larger is too large (413), whether it is JSON or not', async () => {
    await expect(readJsonBody(send(jsonOf(MAX_BODY_BYTES + 1)))).rejects.toThrow(BodyTooLargeError)
    await expect(readJsonBody(send('{'.repeat(MAX_BODY_BYTES + 1)))).rejects.toThrow(
      BodyTooLargeError,
    )
  })

  test('is counted in bytes, not in characters', async () => {
    await expect(readJsonBody(send(`"${'é'.repeat(MAX_BODY_BYTES / 2)}"`))).rejects.toThrow(
      BodyTooLargeError,
    )
  })

  test.each([
    ['nothing', ''],
    ['cut off', '{"a":'],
    ['two documents', '{} {}'],
    ['not JSON', "{'a':1}"],
    ['NaN', 'NaN'],
    ['UTF-8 that is cut off', Buffer.from([0x22, 0xc3, 0x22])],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a lone surrogate in bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a byte order mark', Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
  ])('that is %s is malformed (400)', async (_what, body) => {
    await expect(readJsonBody(send(body))).rejects.toThrow(MalformedBodyError)
  })

  test.each(['null', '[]', '"x"', '0', 'true'])(
    '%s is JSON: whether it fits is for the schema to say',
    async (text) => {
      expect(await readJsonBody(send(text))).toEqual(JSON.parse(text))
    },
  )

  test('with __proto__ as a key pollutes nothing', async () => {
    const body = await readJsonBody(send('{"__proto__":{"polluted":true}}'))
    expect(Object.keys(body as object)).toEqual(['__proto__'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('nested deeper than any route accepts is malformed (400), 10,000 levels too', async () => {
    for (const levels of [100, 10_000])
      await expect(readJsonBody(send('['.repeat(levels) + ']'.repeat(levels)))).rejects.toThrow(
        MalformedBodyError,
      )
    expect(await readJsonBody(send('{"a":{"b":[1]}}'))).toEqual({ a: { b: [1] } })
  })

  test('does not appear in the message', async () => {
    const refusal = await readJsonBody(send('{"password":"hunter2"')).catch(
      (error: Error) => error.message,
    )
    expect(refusal).not.toContain('hunter2')
  })
})

describe('a body in chunks', () => {
  test('is joined, even if a character is split', async () => {
    const bytes = Buffer.from('{"name":"🏆é"}')
    for (let cut = 1; cut < bytes.length; cut++)
      expect(await readJsonBody(chunked(bytes.subarray(0, cut), bytes.subarray(cut)))).toEqual({
        name: '🏆é',
      })
  })

  test('is rejected as soon as it is too large, without reading further', async () => {
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(16 * 1024).fill(0x20))
      },
    })
    const request = new Request('http://localhost/', {
      method: 'POST',
      body: endless,
      headers: JSON_HEADERS,
    })
    await expect(readJsonBody(request)).rejects.toThrow(BodyTooLargeError)
    expect(pulled).toBeLessThan(20)
  })
})
