import { DomainError } from '@bets/domain/errors'
import type { Metrics } from '@bets/platform/metrics/metrics'
import type { placeBet } from '../application/place-bet.ts'
import type { CountEntries } from './account.meter.ts'

type PlaceBet = ReturnType<typeof placeBet>

/**
 * Counts the outcomes of requests for a bet. Requests that HTTP refused are counted by status
 * there.
 */
export function meterPlacing(
  metrics: Metrics,
  countEntries: CountEntries,
  place: PlaceBet,
): PlaceBet {
  const placed = metrics.counter('bets_placed_total', 'Bets that were taken.')
  const stakes = metrics.counter(
    'bets_stake_cents_total',
    'The stakes of the bets that were taken, in cents.',
  )
  const replayed = metrics.counter(
    'bets_replayed_total',
    'Requests that were answered with the bet of an earlier one with the same key.',
  )
  const refused = metrics.counter('bets_refused_total', 'Requests for a bet that were refused.', [
    'code',
  ])
  return async (request) => {
    try {
      const answer = await place(request)
      if (answer.replayed) replayed.inc()
      else {
        placed.inc()
        stakes.inc(request.sum.cents)
        if (request.accountId !== undefined) countEntries('stake', 1)
      }
      return answer
    } catch (error) {
      refused.inc({ code: error instanceof DomainError ? error.code : 'INTERNAL' })
      throw error
    }
  }
}
