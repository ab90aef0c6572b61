import { DomainError } from '@bets/domain/errors'

/** What an ended event had when it ended stays; only its state can be corrected. */
export class EventEndedError extends DomainError {
  override readonly problemCode = 'EVENT_ENDED'
  constructor() {
    super('The event has ended: its coefficient, deadline and suspension stay as they are.')
  }
}

/** A new event that is not NEW, or a correction without a reason. */
export class IllegalTransitionError extends DomainError {
  override readonly problemCode = 'ILLEGAL_TRANSITION'
}

/** The cursor belongs to another feed than this one: start again without it. */
export class CursorExpiredError extends DomainError {
  override readonly problemCode = 'CURSOR_EXPIRED'
  constructor() {
    super('The cursor is of another feed. Read the feed from its beginning, without a cursor.')
  }
}
