/** A value outside its type's rules. The message completes "it …" and never repeats the value. */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError'
}

/**
 * Why a request is refused, for programs: the `code` of the problem document that answers it. One
 * list for both services, because a code means the same wherever a client meets it.
 */
export type ErrorCode =
  | 'BET_NOT_FOUND'
  | 'CURSOR_EXPIRED'
  | 'DATABASE_UNAVAILABLE'
  | 'EVENT_ENDED'
  | 'EVENT_NOT_FOUND'
  | 'EVENT_NOT_OPEN'
  | 'FEED_DOWN'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'ILLEGAL_TRANSITION'
  | 'LINE_UNAVAILABLE'
  | 'ODDS_CHANGED'
  | 'OVERLOADED'
  | 'VALIDATION_FAILED'

/** A refusal that the client can act on. `extras` are shown beside the standard fields. */
export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode
  readonly extras: Readonly<Record<string, unknown>> = {}
}

/** The line has no event with this id. */
export class EventNotFoundError extends DomainError {
  override readonly code = 'EVENT_NOT_FOUND'
  constructor() {
    super('There is no event with this id.')
  }
}

/** Too much work is queued. Nothing was done; the same request may be sent again. */
export class OverloadedError extends DomainError {
  override readonly code = 'OVERLOADED'
  constructor(message = 'Too many requests are queued. Try again in a moment.') {
    super(message)
  }
}

/** The database did not answer: what was asked may or may not have been done. */
export class DatabaseUnavailableError extends DomainError {
  override readonly code = 'DATABASE_UNAVAILABLE'
  constructor(options?: ErrorOptions) {
    super('The database does not answer. Whether the request took effect is not known.', options)
  }
}
