import { BetSum } from '@bets/domain/bet-sum'
import type { Coefficient } from '@bets/domain/coefficient'

/** The house's own limits on a bet, in cents; undefined: none but those of the domain. */
export interface Limits {
  maxStakeCents: number | undefined
  maxPayoutCents: number | undefined
}

export const NO_LIMITS: Limits = { maxStakeCents: undefined, maxPayoutCents: undefined }

/** Which limit a bet exceeds. */
export type LimitKind = 'stake' | 'payout'

/**
 * The largest stake that is taken at a coefficient, in whole cents, and which limit it comes from;
 * undefined without limits. 0 when not even a cent is taken. bet_db goes by the same rule
 * (migrations/functions/max_stake.sql).
 */
export function maxStake(
  { maxStakeCents, maxPayoutCents }: Limits,
  { hundredths }: Coefficient,
): { cents: number; limit: LimitKind } | undefined {
  const byStake = maxStakeCents ?? Number.POSITIVE_INFINITY
  // A payout is rounded half up to whole cents, so 49 hundredths of a cent more still fit.
  const byPayout =
    maxPayoutCents === undefined
      ? Number.POSITIVE_INFINITY
      : Number((BigInt(maxPayoutCents) * 100n + 49n) / BigInt(hundredths))
  const cents = Math.min(byStake, byPayout)
  if (cents === Number.POSITIVE_INFINITY) return undefined
  return {
    cents: Math.min(cents, BetSum.MAX_CENTS),
    limit: byStake <= byPayout ? 'stake' : 'payout',
  }
}
