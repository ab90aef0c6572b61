import type { Coefficient } from '@bets/domain/coefficient'
import { DomainError } from '@bets/domain/errors'

/** Why betting on an event is closed, the first reason that applies. */
export type ClosedReason = 'ended' | 'suspended' | 'deadline_passed'

/** The copy of the line may be stale, so no bets are taken. */
export class FeedDownError extends DomainError {
  override readonly code = 'FEED_DOWN'
  constructor() {
    super('The line is stale. Bets are accepted again after the next feed sync.')
  }
}

/** line-provider did not answer in time, or not with what the contract promises. */
export class LineUnavailableError extends DomainError {
  override readonly code = 'LINE_UNAVAILABLE'
  constructor(options?: ErrorOptions) {
    super('The line is unavailable. Try again in a moment.', options)
  }
}

/** The event has ended, is suspended, or is past its deadline. */
export class EventNotOpenError extends DomainError {
  override readonly code = 'EVENT_NOT_OPEN'
  override readonly extras: { reason: ClosedReason }
  constructor(reason: ClosedReason) {
    super('Betting on this event is closed.')
    this.extras = { reason }
  }
}

/**
 * The coefficient changed to one that the bettor did not accept; the extras are the current one.
 */
export class OddsChangedError extends DomainError {
  override readonly code = 'ODDS_CHANGED'
  override readonly extras: { coefficient: string; event_version: number }
  constructor(coefficient: Coefficient, eventVersion: number) {
    super('The coefficient is not the one the bettor saw.')
    this.extras = { coefficient: coefficient.toString(), event_version: eventVersion }
  }
}

/** The client has used the key for another bet. */
export class IdempotencyKeyReusedError extends DomainError {
  override readonly code = 'IDEMPOTENCY_KEY_REUSED'
  constructor() {
    super('This Idempotency-Key was used for a different bet.')
  }
}

/** There is no such bet, or it belongs to another client; the answer does not tell which. */
export class BetNotFoundError extends DomainError {
  override readonly code = 'BET_NOT_FOUND'
  constructor() {
    super('There is no bet with this id.')
  }
}
