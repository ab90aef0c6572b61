import { DomainError } from '@bets/domain/errors'
import type { Log } from '@bets/domain/log'
import { ParseError, ValidationError } from 'elysia'
import { BodyTooLargeError } from '../process/read-bounded.ts'
import { RateLimitedError, UnauthorizedError } from './access.ts'
import { CLIENT_GONE_STATUS, ClientGoneError } from './client-gone.ts'
import { MalformedBodyError, UnsupportedMediaTypeError } from './json-body.ts'
import {
  HTTP_PROBLEMS,
  type HttpProblemCode,
  type ProblemTable,
  problemResponse,
} from './problem.ts'
import { fromElysia } from './validation.ts'

interface ErrorContext {
  /** Status and title of the codes that the app's own errors have. */
  problems: ProblemTable
  log: Log
  requestId: string
}

/**
 * Turns whatever a request ended with into a problem document. An unexpected error is logged whole
 * and answered with a bare 500: no SQL, no stack, no value that was sent.
 */
export function errorResponse(
  error: unknown,
  { problems, log, requestId }: ErrorContext,
): Response {
  const respond = (code: HttpProblemCode, detail: string, headers = {}) =>
    problemResponse(HTTP_PROBLEMS, code, { detail, headers })

  // Elysia wraps what a parse hook throws.
  const cause = error instanceof ParseError ? error.cause : error
  if (cause instanceof UnauthorizedError) {
    // At debug only: anyone without a token could fill the log. Metrics count them.
    log.debug('token rejected', { request_id: requestId, reason: cause.message })
    return respond('UNAUTHORIZED', cause.message, { 'www-authenticate': cause.challenge })
  }
  if (cause instanceof ClientGoneError) return new Response(null, { status: CLIENT_GONE_STATUS })
  if (cause instanceof RateLimitedError)
    return respond('RATE_LIMITED', 'This client sends more requests per second than it may.')
  if (cause instanceof UnsupportedMediaTypeError)
    return respond(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send JSON as application/json, in UTF-8, without a content encoding.',
    )
  if (cause instanceof BodyTooLargeError)
    return respond('BODY_TOO_LARGE', 'A body may have at most 64 KiB.')
  if (cause instanceof MalformedBodyError) return respond('MALFORMED_BODY', cause.message)

  const known =
    cause instanceof ValidationError && cause.type !== 'response' ? fromElysia(cause) : cause
  if (known instanceof DomainError && Object.hasOwn(problems, known.code))
    return problemResponse(problems, known.code, { detail: known.message, extras: known.extras })

  log.error('request failed', { request_id: requestId, error: known })
  return respond('INTERNAL', 'The failure has been logged.')
}
