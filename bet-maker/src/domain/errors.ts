import type { Coefficient } from '@bets/domain/coefficient'
import { DomainError } from '@bets/domain/errors'
import { formatHundredths } from '@bets/domain/hundredths'
import type { LimitKind } from './limits.ts'

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

/** The client has used the key for something else. Bets and transfers have keys of their own. */
export class IdempotencyKeyReusedError extends DomainError {
  override readonly code = 'IDEMPOTENCY_KEY_REUSED'
  constructor(used: 'bet' | 'transfer') {
    super(`This Idempotency-Key was used for a different ${used}.`)
  }
}

/** There is no such bet, or it belongs to another client; the answer does not tell which. */
export class BetNotFoundError extends DomainError {
  override readonly code = 'BET_NOT_FOUND'
  constructor() {
    super('There is no bet with this id.')
  }
}

/** The client has no such account; another client may. */
export class AccountNotFoundError extends DomainError {
  override readonly code = 'ACCOUNT_NOT_FOUND'
  constructor() {
    super('There is no account with this id.')
  }
}

/** The account holds less than the stake or the withdrawal; the extra is what it holds. */
export class InsufficientFundsError extends DomainError {
  override readonly code = 'INSUFFICIENT_FUNDS'
  override readonly extras: { balance: string }
  constructor(balanceCents: bigint) {
    super('The account does not hold enough.')
    this.extras = { balance: formatHundredths(balanceCents) }
  }
}

/**
 * The bet exceeds a limit of the house; the extras are which one and the largest stake that would
 * have been taken at the current coefficient.
 */
export class LimitExceededError extends DomainError {
  override readonly code = 'LIMIT_EXCEEDED'
  override readonly extras: { limit: LimitKind; max_stake: string }
  constructor(limit: LimitKind, maxStakeCents: number) {
    super(`The bet exceeds the largest ${limit} that is taken.`)
    this.extras = { limit, max_stake: formatHundredths(maxStakeCents) }
  }
}
