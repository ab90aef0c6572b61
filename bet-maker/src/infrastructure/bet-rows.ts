import { Bet } from '@bets/domain/bet'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import { isoTime } from '@bets/platform/postgres/database'
import type { BetRequest } from '../domain/bet-request.ts'
import type { PlacedBet } from '../domain/placed-bet.ts'
import type { bets } from './schema.ts'

/** A row of the table of bets, as both repositories read it. */
export type BetRow = typeof bets.$inferSelect

/** The bet that a row holds. */
export function toPlacedBet(row: BetRow): PlacedBet {
  return {
    id: row.id,
    eventId: row.event_id,
    accountId: row.account_id,
    bet: new Bet(
      BetSum.fromCents(row.sum_cents),
      Coefficient.fromHundredths(row.coefficient_hundredths),
    ),
    eventVersion: row.event_version,
    state: row.state,
    payoutCents: row.payout_cents,
    createdAt: isoTime(row.created_at),
    settledAt: row.settled_at && isoTime(row.settled_at),
  }
}

/** The request that placed the bet. */
export function toRequest(row: BetRow): BetRequest {
  const seen = row.seen_coefficient_hundredths
  return {
    eventId: row.event_id,
    sum: BetSum.fromCents(row.sum_cents),
    seen: seen === null ? undefined : Coefficient.fromHundredths(seen),
    acceptOdds: row.accept_odds,
    client: row.client,
    accountId: row.account_id ?? undefined,
    key: row.idempotency_key ?? undefined,
  }
}
