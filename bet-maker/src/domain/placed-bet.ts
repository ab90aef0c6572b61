import type { Bet, BetState } from '@bets/domain/bet'

/** A bet that was taken, as it now is. */
export interface PlacedBet {
  id: number
  eventId: string
  /** The stake and the price at the moment it was taken. */
  bet: Bet
  /** The event's version at the moment it was taken. */
  eventVersion: number
  state: BetState
  /** Null only while PENDING. */
  payoutCents: number | null
  /** RFC 3339. */
  createdAt: string
  /** When it was last settled; null only while PENDING. */
  settledAt: string | null
}

/** What a bet was after a change of its event's state. */
export interface BetHistoryEntry {
  state: BetState
  payoutCents: bigint | null
  eventVersion: number
  at: string
  reason: string | null
}
