import type { Coefficient } from '@bets/domain/coefficient'
import { DomainError } from '@bets/domain/errors'

/** Why an event takes no bets, the first that holds. */
export type ClosedReason = 'ended' | 'suspended' | 'deadline_passed'

/** Bet-maker cannot know that its copy of the line is fresh, so it takes no bets. */
export class FeedDownError extends DomainError {
  override readonly code = 'FEED_DOWN'
  constructor() {
    super('The line has not been heard of for too long. Bets are taken again when it is.')
  }
}

/** line-provider did not answer, or not in time, or with something else than the line. */
export class LineUnavailableError extends DomainError {
  override readonly code = 'LINE_UNAVAILABLE'
  constructor(options?: ErrorOptions) {
    super('The line cannot be asked just now.', options)
  }
}

/** The event is over, suspended, or past its deadline. */
export class EventNotOpenError extends DomainError {
  override readonly code = 'EVENT_NOT_OPEN'
  override readonly extras: { reason: ClosedReason }
  constructor(reason: ClosedReason) {
    super('The event takes no bets.')
    this.extras = { reason }
  }
}

/** The price moved to one that the bettor did not agree to; the extras are as it is now. */
export class OddsChangedError extends DomainError {
  override readonly code = 'ODDS_CHANGED'
  override readonly extras: { coefficient: string; event_version: number }
  constructor(coefficient: Coefficient, eventVersion: number) {
    super('The coefficient is not the one the bettor saw.')
    this.extras = { coefficient: coefficient.toString(), event_version: eventVersion }
  }
}

/** The same client has used the key for a bet that is not the same. */
export class IdempotencyKeyReusedError extends DomainError {
  override readonly code = 'IDEMPOTENCY_KEY_REUSED'
  constructor() {
    super('A bet with other contents was taken with this Idempotency-Key.')
  }
}

/** There is none, or it is another client's: one cannot tell which. */
export class BetNotFoundError extends DomainError {
  override readonly code = 'BET_NOT_FOUND'
  constructor() {
    super('There is no bet with this id.')
  }
}
