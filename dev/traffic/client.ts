/** Longer than any answer may take. */
export const ANSWER_TIMEOUT_MS = 15_000
const DEFAULT_RETRY_MS = 300
const LONGEST_RETRY_MS = 5_000
/** Jitter, so that clients refused together do not retry together. */
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
   * On a reused connection, `fetch` may send a request twice. Use false for requests that must
   * arrive at most once.
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

/** `request` within `ANSWER_TIMEOUT_MS`. Undefined without an answer: the outcome is unknown. */
export async function ask(
  method: Method,
  url: string,
  sending: Sending = {},
): Promise<Answer | undefined> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  return await request(method, url, { ...sending, signal }).catch(() => undefined)
}

/** Sends JSON; returns the status and the body. Throws when there is no answer. */
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

/** The code of a problem document; undefined for other answers or none. */
export function codeOf(answer: Answer | undefined): string | undefined {
  const code = (answer?.body as { code?: unknown } | null | undefined)?.code
  return code === undefined ? undefined : String(code)
}

/** Whether the request may or may not have been carried out. Any 5xx counts, whatever its code. */
export function outcomeUnknown(answer: Answer | undefined): boolean {
  return answer === undefined || answer.status >= 500
}

/** The wait before the next attempt: `Retry-After` plus jitter. */
export function retryAfterMs(answer: Answer | undefined): number {
  const seconds = Number(answer?.headers.get('retry-after') ?? Number.NaN)
  const askedMs = Number.isFinite(seconds) ? seconds * 1_000 : DEFAULT_RETRY_MS
  return Math.min(askedMs, LONGEST_RETRY_MS) + Math.random() * SPREAD_MS
}
