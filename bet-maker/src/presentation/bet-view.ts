import { formatHundredths } from '@bets/domain/hundredths'
import type { Static } from 'typebox'
import type { BetHistoryEntry, PlacedBet } from '../domain/placed-bet.ts'
import type { BetView, BetWithHistoryView } from './schemas.ts'

/** A bet as HTTP shows it. */
export function toBetView(placed: PlacedBet): Static<typeof BetView> {
  return {
    id: placed.id,
    event_id: placed.eventId,
    ...(placed.accountId === null ? {} : { account_id: placed.accountId }),
    sum: placed.bet.sum.toString(),
    coefficient: placed.bet.coefficient.toString(),
    event_version: placed.eventVersion,
    potential_payout: formatHundredths(placed.bet.potentialPayoutCents),
    state: placed.state,
    payout: money(placed.payoutCents),
    created_at: placed.createdAt,
    settled_at: placed.settledAt,
  }
}

/** The same with its history, oldest first. */
export function toBetWithHistoryView(
  placed: PlacedBet,
  history: readonly BetHistoryEntry[],
): Static<typeof BetWithHistoryView> {
  return {
    ...toBetView(placed),
    history: history.map(({ state, payoutCents, eventVersion, at, reason }) => ({
      state,
      payout: money(payoutCents),
      event_version: eventVersion,
      at,
      reason,
    })),
  }
}

function money(cents: number | bigint | null): string | null {
  return cents === null ? null : formatHundredths(cents)
}
