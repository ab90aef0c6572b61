import { DomainError } from '@bets/domain/errors'
import type { Log } from '@bets/domain/log'
import { ParseError, ValidationError } from 'elysia'
import { RateLimitedError, UnauthorizedError } from './access.ts'
import { BodyTooLargeError, MalformedBodyError, UnsupportedMediaTypeError } from './json-body.ts'
import { isProblemCode, problemResponse } from './problem.ts'
import { fromElysia } from './validation.ts'

/**
 * Turns whatever a request ended with into a problem document. What nobody foresaw is logged whole
 * and answered with a bare 500: no SQL, no stack, no value sent. `about` goes into its line of the
 * log.
 */
export function errorResponse(
  error: unknown,
  log: Log,
  about: Readonly<Record<string, unknown>>,
): Response {
  // Elysia wraps what a parse hook throws.
  const cause = error instanceof ParseError ? error.cause : error
  if (cause instanceof UnauthorizedError) {
    // At debug only: whoever has no token could fill the log. How many there are is in the metrics.
    log.debug('token refused', { ...about, reason: cause.message })
    return problemResponse(
      'UNAUTHORIZED',
      cause.message,
      {},
      { 'www-authenticate': cause.challenge },
    )
  }
  if (cause instanceof RateLimitedError)
    return problemResponse('RATE_LIMITED', 'This client sends more requests a second than it may.')
  if (cause instanceof UnsupportedMediaTypeError)
    return problemResponse(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send JSON as application/json, in UTF-8, without a content encoding.',
    )
  if (cause instanceof BodyTooLargeError)
    return problemResponse('BODY_TOO_LARGE', 'A body may have at most 64 KiB.')
  if (cause instanceof MalformedBodyError) return problemResponse('MALFORMED_BODY', cause.message)

  const known =
    cause instanceof ValidationError && cause.type !== 'response' ? fromElysia(cause) : cause
  if (known instanceof DomainError && isProblemCode(known.problemCode))
    return problemResponse(known.problemCode, known.message, known.extras)

  log.error('request failed', { ...about, error: known })
  return problemResponse('INTERNAL', 'The failure has been logged.')
}
