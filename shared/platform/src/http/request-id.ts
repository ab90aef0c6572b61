/**
 * The header in which requests may bring their id and answers carry it; `request_id` in the log.
 */
export const REQUEST_ID = 'x-request-id'

const GIVEN = /^[A-Za-z0-9._:-]{1,64}$/

/** The id that a request came with, so that its sender can follow it; else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get(REQUEST_ID)
  return given !== null && GIVEN.test(given) ? given : crypto.randomUUID()
}
