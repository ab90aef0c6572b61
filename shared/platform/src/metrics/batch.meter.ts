import type { BatchWatch } from '../process/batcher.ts'
import type { Metrics } from './metrics.ts'

const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

/** Measures batchers. Returns a function that creates the watch of a batcher by its name. */
export function meterBatches(metrics: Metrics): (name: string) => BatchWatch {
  const sizes = metrics.histogram('bets_batch_size', 'Items per statement.', SIZES, ['batch'])
  const waiting = metrics.gauges('bets_batch_waiting', 'Items waiting for a statement.', 'batch')
  return (batch) => {
    // Start at 0, so that the first increase is visible to `rate`.
    sizes.zero({ batch })
    const size = sizes.labels({ batch })
    return { starts: (items) => size.observe(items), waiting: (read) => waiting(batch, read) }
  }
}
