/**
 * One field of a request that is wrong in itself; `path` is a JSON Pointer into the request
 * (`/body/bet_sum`).
 */
export interface FieldError {
  path: string
  message: string
}

/** A value outside its type's rules. The message completes "it …" and never repeats the value. */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError'
}

/**
 * A refusal that the client can act on. `problemCode` is the `code` of the problem document and
 * decides its status; `extras` are shown beside it. Named apart from `code` and `status`, which
 * Elysia would adopt.
 */
export abstract class DomainError extends Error {
  abstract readonly problemCode: string
  readonly extras: Readonly<Record<string, unknown>> = {}
}

/** The request is wrong in itself, whatever it would meet; the extras name each field. */
export class ValidationFailedError extends DomainError {
  override readonly problemCode = 'VALIDATION_FAILED'
  override readonly extras: { errors: FieldError[] }
  constructor(errors: FieldError[]) {
    super('The request does not fit its schema.')
    this.extras = { errors }
  }
}

/** The line has no event with this id. */
export class EventNotFoundError extends DomainError {
  override readonly problemCode = 'EVENT_NOT_FOUND'
  constructor() {
    super('There is no event with this id.')
  }
}

/** More work is waiting than may wait; nothing was done, the same request may be sent again. */
export class OverloadedError extends DomainError {
  override readonly problemCode = 'OVERLOADED'
  constructor(message = 'Too many requests are waiting. Try again in a moment.') {
    super(message)
  }
}

/** The database did not answer: what was asked may or may not have been done. */
export class DatabaseUnavailableError extends DomainError {
  override readonly problemCode = 'DATABASE_UNAVAILABLE'
  constructor(options?: ErrorOptions) {
    super(
      'The database does not answer. Whether the request was carried out is not known.',
      options,
    )
  }
}
