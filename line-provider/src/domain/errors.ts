import { DomainError } from '@bets/domain/errors'

/** Everything but the state of an ended event is fixed. */
export class EventEndedError extends DomainError {
  override readonly code = 'EVENT_ENDED'
  constructor() {
    super('The event has ended: its coefficient, deadline and suspension stay as they are.')
  }
}

/** A new event needs a coefficient and a deadline. */
export class IncompleteEventError extends DomainError {
  override readonly code = 'VALIDATION_FAILED'
  constructor(readonly missing: readonly ('coefficient' | 'deadline')[]) {
    super(`A new event needs ${missing.join(' and ')}.`)
  }
}

/** `ended_at` goes with the end of an event or its correction, and lies in the past. */
export class EndedAtRefusedError extends DomainError {
  override readonly code = 'VALIDATION_FAILED'
  constructor(readonly rule: 'must not be in the future' | 'is only for an event that has ended') {
    super(`ended_at ${rule}.`)
  }
}

/** A new event that is not NEW, or a correction without a reason. */
export class IllegalTransitionError extends DomainError {
  override readonly code = 'ILLEGAL_TRANSITION'
}

/** The cursor belongs to another feed. The reader has to start over without one. */
export class CursorExpiredError extends DomainError {
  override readonly code = 'CURSOR_EXPIRED'
  constructor() {
    super('The cursor is of another feed. Read the feed from its beginning, without a cursor.')
  }
}
