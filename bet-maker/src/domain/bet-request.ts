import type { BetSum } from '@bets/domain/bet-sum'
import type { Coefficient } from '@bets/domain/coefficient'
import type { ClosedReason } from './errors.ts'

/** What to do when the price has moved: take only the same, take a higher one too, or take any. */
type AcceptOdds = 'exact' | 'higher' | 'any'

/** A bet that somebody asks for. */
export interface BetRequest {
  eventId: string
  sum: BetSum
  /** The price that the bettor saw. `exact` and `higher` have one. */
  seen: Coefficient | undefined
  acceptOdds: AcceptOdds
  /** Whose bet it is; '' while tokens are off. Idempotency keys are per client. */
  client: string
  key: string | undefined
}

/** Whether two requests ask for the same bet, so that the second is a repeat of the first. */
export function isSameBet(a: BetRequest, b: BetRequest): boolean {
  return (
    a.eventId === b.eventId &&
    a.sum.cents === b.sum.cents &&
    a.seen?.hundredths === b.seen?.hundredths &&
    a.acceptOdds === b.acceptOdds
  )
}

/** Why an event refuses a bet. */
export type Refusal = ClosedReason | 'odds_changed'

/** What bet-maker's copy of the line says of a bet on an event that it knows. */
export interface JudgedEvent {
  /**
   * The first reason that holds; undefined when the event takes the bet. The rule is
   * `bet_refusal.sql`, by which bets are placed as well.
   */
  refusal: Refusal | undefined
  /** As they are now. */
  coefficient: Coefficient
  version: number
}
