import { DomainError } from '@bets/domain/errors'

/** What an ended event had when it ended stays; only its state can be corrected. */
export class EventEndedError extends DomainError {
  override readonly code = 'EVENT_ENDED'
  constructor() {
    super('The event has ended: its coefficient, deadline and suspension stay as they are.')
  }
}

/** A new event needs both; what is missing is named. */
export class IncompleteEventError extends DomainError {
  override readonly code = 'VALIDATION_FAILED'
  constructor(readonly missing: readonly ('coefficient' | 'deadline')[]) {
    super(`A new event needs ${missing.join(' and ')}.`)
  }
}

/** A new event that is not NEW, or a correction without a reason. */
export class IllegalTransitionError extends DomainError {
  override readonly code = 'ILLEGAL_TRANSITION'
}

/** The cursor belongs to another feed than this one: start again without it. */
export class CursorExpiredError extends DomainError {
  override readonly code = 'CURSOR_EXPIRED'
  constructor() {
    super('The cursor is of another feed. Read the feed from its beginning, without a cursor.')
  }
}
