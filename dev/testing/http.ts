import { afterAll, expect } from 'bun:test'
import { serveHttp } from '@bets/platform/http/http-server'
import { expectDocumented } from '../openapi/documented.ts'
import type { App } from './app.ts'
import { PROBLEMS, type ProblemCode } from './problems.ts'

/** Serves an app during the tests of a file, as its process would. Returns its URL. */
export function serveDuringTests(app: () => App): () => string {
  const fetch = (request: Request) => app().fetch(request)
  const server = serveHttp({ fetch, hostname: '127.0.0.1', port: 0 })
  afterAll(() => server.stop())
  return () => server.url
}

/** A request body: text and bytes are sent as they are, everything else as JSON. */
function toBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
}

/**
 * Sends a request to an app, without a server, and expects a documented answer. The content type is
 * `application/json` unless the headers set another; `''` sends none.
 */
export async function send(
  app: App,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const withType = body === undefined ? headers : { 'content-type': 'application/json', ...headers }
  const { 'content-type': contentType, ...others } = withType
  const answer = await app.handle(
    new Request(`http://localhost${path}`, {
      method,
      headers: contentType ? { ...others, 'content-type': contentType } : others,
      ...(body === undefined ? {} : { body: toBytes(body) }),
    }),
  )
  await expectDocumented(app, method, path, answer)
  return answer
}

/** The JSON body of an answer whose shape the test knows. */
export async function json<T = ReturnType<typeof JSON.parse>>(response: Response): Promise<T> {
  return (await response.json()) as T
}

/** Sends a GET and expects 200. Returns the body and the path of the next page, if any. */
export async function getPage<T>(
  app: App,
  path: string,
): Promise<{ items: T[]; next: string | undefined }> {
  const response = await send(app, 'GET', path)
  const items = await json<T[]>(response)
  expect(response.status, JSON.stringify(items)).toBe(200)
  return { items, next: nextPage(response) }
}

/** Reads all pages of a list. Fails on an endless list. */
export async function getPages<T>(app: App, path: string, maxPages = 1000): Promise<T[][]> {
  const pages: T[][] = []
  let next: string | undefined = path
  while (next !== undefined) {
    const page: { items: T[]; next: string | undefined } = await getPage<T>(app, next)
    pages.push(page.items)
    next = page.next
    if (pages.length > maxPages) throw new Error(`${path} has more than ${maxPages} pages`)
  }
  return pages
}

/** The path and query of the next page, from the `Link` header. */
function nextPage(response: Response): string | undefined {
  const link = response.headers.get('link')
  if (link === null) return undefined
  const [, path] = /^<(\/[^>]*)>; rel="next"$/.exec(link) ?? []
  if (path === undefined) throw new Error(`not a link to a next page: ${link}`)
  return path
}

interface ProblemExpectation {
  /** `errors[].path`, in any order. Without it there must be no `errors`. */
  paths?: string[]
  /** Fields beside the standard ones. */
  extras?: Record<string, unknown>
  /** A value of the request that the answer must not contain. */
  secret?: string
}

/** What no answer may contain: SQL, places in our code, names of libraries. */
const INSIDES = new RegExp(
  /\b(select|insert into|update \w+ set|relation|constraint)\b/.source +
    /|\b(pg_|postgres|drizzle|typebox|elysia)\b|\.ts\b|node_modules|\n\s+at /.source,
  'i',
)

/**
 * Expects a problem document with this status and code, the expected fields only, and no internals.
 */
export async function expectProblem(
  response: Response,
  status: number,
  code: ProblemCode,
  { paths, extras = {}, secret }: ProblemExpectation = {},
): Promise<void> {
  const text = await response.text()
  expect(`${response.status} ${text}`).toStartWith(`${status} {`)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const { errors, ...problem } = JSON.parse(text)
  expect(problem).toEqual({
    type: 'about:blank',
    title: PROBLEMS[code][1],
    status,
    detail: expect.stringMatching(/^\S.*\.$/),
    code,
    ...extras,
  })
  expect(response.headers.get('retry-after')).toBe(status === 429 || status === 503 ? '1' : null)
  expect(errors?.map(({ path }: { path: string }) => path).sort()).toEqual(
    paths && [...paths].sort(),
  )
  for (const error of errors ?? []) expect(Object.keys(error).sort()).toEqual(['message', 'path'])
  expect(text).not.toMatch(INSIDES)
  if (secret !== undefined) expect(text).not.toContain(secret)
}

/** Expects 422 `VALIDATION_FAILED` with exactly these paths. */
export function expectInvalid(response: Response, paths: string[], secret?: string): Promise<void> {
  return expectProblem(
    response,
    422,
    'VALIDATION_FAILED',
    secret === undefined ? { paths } : { paths, secret },
  )
}
