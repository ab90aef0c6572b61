import type { BatchWatch } from './batcher.ts'
import type { Metrics } from './metrics.ts'

const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

/** Measures batchers: the answer gives each, by its name, what watches it. */
export function meterBatches(metrics: Metrics): (name: string) => BatchWatch {
  const sizes = metrics.histograms<'batch'>(
    'bets_batch_size',
    'How many items went into one statement.',
    SIZES,
  )
  const waiting = metrics.gauges('bets_batch_waiting', 'How many items wait for a statement.', 'batch')
  return (batch) => {
    const size = sizes({ batch })
    return { starts: (items) => size.observe(items), waiting: (read) => waiting(batch, read) }
  }
}
