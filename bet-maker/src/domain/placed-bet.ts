import type { Bet, BetState } from '@bets/domain/bet'

/** An accepted bet in its current state. */
export interface PlacedBet {
  id: number
  eventId: string
  /** The account that paid the stake; null when the client keeps the wallet itself. */
  accountId: string | null
  /** The stake and the coefficient at which the bet was placed. */
  bet: Bet
  /** The event's version when the bet was placed. */
  eventVersion: number
  state: BetState
  /** Null only while PENDING. */
  payoutCents: number | null
  /** RFC 3339. */
  createdAt: string
  /** When it was last settled; null only while PENDING. */
  settledAt: string | null
}

/** Why a bet is void whatever the result. */
export type VoidReason = 'placed_after_end' | 'placed_on_unknown_event'

/** A bet after a change of its event's state. */
export interface BetHistoryEntry {
  state: BetState
  payoutCents: bigint | null
  eventVersion: number
  at: string
  /** Of the event's change, or a `VoidReason`. */
  reason: string | null
}
