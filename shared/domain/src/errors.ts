/** A value that breaks the rules of its type. The message completes "it …", without the value. */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError'
}

/**
 * The machine-readable reason why a request is refused: the `code` of the problem document. Both
 * services share one list, so a code always means the same.
 */
export type ErrorCode =
  | 'ACCOUNT_NOT_FOUND'
  | 'BET_NOT_FOUND'
  | 'CURSOR_EXPIRED'
  | 'DATABASE_UNAVAILABLE'
  | 'EVENT_ENDED'
  | 'EVENT_NOT_FOUND'
  | 'EVENT_NOT_OPEN'
  | 'FEED_DOWN'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'ILLEGAL_TRANSITION'
  | 'INSUFFICIENT_FUNDS'
  | 'LIMIT_EXCEEDED'
  | 'LINE_UNAVAILABLE'
  | 'ODDS_CHANGED'
  | 'OVERLOADED'
  | 'VALIDATION_FAILED'

/** A refusal that the client can act on. `extras` are added to the problem document. */
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

/** Too much work is queued. Nothing was done, so the same request may be sent again. */
export class OverloadedError extends DomainError {
  override readonly code = 'OVERLOADED'
  constructor(message = 'Too many requests are queued. Try again in a moment.') {
    super(message)
  }
}

/** The database is unavailable. The request may or may not have taken effect. */
export class DatabaseUnavailableError extends DomainError {
  override readonly code = 'DATABASE_UNAVAILABLE'
  constructor(options?: ErrorOptions) {
    super('The database is unavailable. The request may or may not have taken effect.', options)
  }
}

/** The database itself ended a statement that took too long. The statement had no effect. */
export class StatementTimeoutError extends DatabaseUnavailableError {}
