import type { RequestOrigin } from '@bets/domain/request-origin'
import { callerOf } from './access.ts'

/**
 * By this name requests bring their id and answers carry it, and log lines hold it as `request_id`.
 */
export const REQUEST_ID = 'x-request-id'

const GIVEN = /^[A-Za-z0-9._:-]{1,64}$/

/**
 * The id that a request came with, so that it can be followed from whoever sent it; else a new one.
 */
export function requestIdOf(request: Request): string {
  const given = request.headers.get(REQUEST_ID)
  return given !== null && GIVEN.test(given) ? given : crypto.randomUUID()
}

/** `headers` are those of the answer, which has the id before a handler is called. */
export function originOf(
  request: Request,
  headers: Readonly<Record<string, unknown>>,
): RequestOrigin {
  return { requestId: String(headers[REQUEST_ID]), caller: callerOf(request) }
}
