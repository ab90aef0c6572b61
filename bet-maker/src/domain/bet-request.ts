import type { BetSum } from '@bets/domain/bet-sum'
import type { Coefficient } from '@bets/domain/coefficient'
import type { ClosedReason } from './errors.ts'

/**
 * What to do when the coefficient has changed: accept only the same one, also a higher one, or any.
 */
type AcceptOdds = 'exact' | 'higher' | 'any'

/** A request for a bet. */
export interface BetRequest {
  eventId: string
  sum: BetSum
  /** The coefficient that the bettor saw. Always given with `exact` and `higher`. */
  seen: Coefficient | undefined
  acceptOdds: AcceptOdds
  /** Whose bet it is; '' while tokens are off. Idempotency keys are per client. */
  client: string
  /** The client's account that pays the stake; undefined if the client keeps the wallet itself. */
  accountId: string | undefined
  key: string | undefined
}

/** Whether two requests ask for the same bet, so that the second one is a replay. */
export function isSameBet(a: BetRequest, b: BetRequest): boolean {
  return (
    a.eventId === b.eventId &&
    a.sum.cents === b.sum.cents &&
    a.accountId === b.accountId &&
    a.seen?.hundredths === b.seen?.hundredths &&
    a.acceptOdds === b.acceptOdds
  )
}

/** Why an event refuses a bet. */
export type Refusal = ClosedReason | 'odds_changed'

/** What the copy of the line says about a bet on a known event. */
export interface JudgedEvent {
  /**
   * The first reason that applies; undefined when the event takes the bet. The rule is in
   * `bet_refusal.sql`, which placing uses too.
   */
  refusal: Refusal | undefined
  /** As they are now. */
  coefficient: Coefficient
  version: number
}
