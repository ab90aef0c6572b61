import { DomainError } from '@bets/domain/errors'
import type { Metrics } from '@bets/platform/metrics/metrics'
import type { makeTransfer } from '../application/make-transfer.ts'
import type { CountEntries } from './account.meter.ts'

type MakeTransfer = ReturnType<typeof makeTransfer>

/** Counts the outcomes of requests for a transfer. One that is answered again counts nothing. */
export function meterTransferring(
  metrics: Metrics,
  countEntries: CountEntries,
  make: MakeTransfer,
): MakeTransfer {
  const moved = metrics.counter(
    'bets_transfer_cents_total',
    'The amounts of the transfers that were made, in cents.',
    ['kind'],
  )
  const refused = metrics.counter(
    'bets_transfers_refused_total',
    'Requests for a transfer that were refused.',
    ['code'],
  )
  return async (request) => {
    try {
      const answer = await make(request)
      if (!answer.replayed) {
        countEntries(request.kind, 1)
        moved.inc({ kind: request.kind }, request.amount.cents)
      }
      return answer
    } catch (error) {
      refused.inc({ code: error instanceof DomainError ? error.code : 'INTERNAL' })
      throw error
    }
  }
}
