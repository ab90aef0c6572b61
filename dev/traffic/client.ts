/** Longer than any answer may take: what has not come by then will not come. */
export const ANSWER_TIMEOUT_MS = 15_000
const DEFAULT_RETRY_MS = 300
const LONGEST_RETRY_MS = 5_000
/** Clients that were refused together must not come back together. */
const SPREAD_MS = 250

export type Method = 'GET' | 'PUT' | 'POST'

/** An answer with its body read as JSON. */
export interface Answer {
  status: number
  headers: Headers
  body: unknown
}

export interface Sending {
  body?: object | undefined
  headers?: Record<string, string>
  /** Sent as `Idempotency-Key`. */
  key?: string | undefined
  /**
   * On a connection that is used again, `fetch` may send a request twice. False is for requests
   * that must arrive at most once.
   */
  keepalive?: boolean
  signal?: AbortSignal
}

/** Sends a request. Throws when the connection ends without an answer. */
export async function request(
  method: Method,
  url: string,
  { body, headers, key, ...options }: Sending = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
      ...headers,
    },
    ...options,
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/**
 * The same, within `ANSWER_TIMEOUT_MS`; undefined when no answer came: what became of the request
 * is then not known.
 */
export async function ask(
  method: Method,
  url: string,
  sending: Sending = {},
): Promise<Answer | undefined> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  return await request(method, url, { ...sending, signal }).catch(() => undefined)
}

/** Sends JSON; returns the status and the body. Throws when no answer comes. */
export async function send(
  method: Method,
  url: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await request(method, url, { body, headers })
  return { status: answer.status, body: answer.body as Record<string, unknown> }
}

/** The body of a GET's answer. */
export async function get(
  url: string,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  return (await send('GET', url, undefined, headers)).body
}

/** The code of a problem document; undefined for another answer, or none. */
export function codeOf(answer: Answer | undefined): string | undefined {
  const code = (answer?.body as { code?: unknown } | null | undefined)?.code
  return code === undefined ? undefined : String(code)
}

/**
 * Whether the answer leaves open what was done. A 503 may, whatever its code: that is asked, not
 * guessed.
 */
export function outcomeUnknown(answer: Answer | undefined): boolean {
  return answer === undefined || answer.status >= 500
}

/** How long to wait before the next attempt: what `Retry-After` says, and a little more. */
export function retryAfterMs(answer: Answer | undefined): number {
  const seconds = Number(answer?.headers.get('retry-after') ?? Number.NaN)
  const askedMs = Number.isFinite(seconds) ? seconds * 1_000 : DEFAULT_RETRY_MS
  return Math.min(askedMs, LONGEST_RETRY_MS) + Math.random() * SPREAD_MS
}
