import type { BatchWatch } from '../process/batcher.ts'
import type { Metrics } from './metrics.ts'

const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

/** Measures batchers: the answer gives each, by its name, what watches it. */
export function meterBatches(metrics: Metrics): (name: string) => BatchWatch {
  const sizes = metrics.histogram(
    'bets_batch_size',
    'How many items went into one statement.',
    SIZES,
    ['batch'],
  )
  const waiting = metrics.gauges(
    'bets_batch_waiting',
    'How many items wait for a statement.',
    'batch',
  )
  return (batch) => {
    // A batcher that has done nothing yet counts 0: a rate needs something to rise from.
    sizes.zero({ batch })
    const size = sizes.labels({ batch })
    return { starts: (items) => size.observe(items), waiting: (read) => waiting(batch, read) }
  }
}
