import { version } from '../../../../package.json'
import { meterStatements } from '../postgres/statement.meter.ts'
import type { Shutdown } from '../process/shutdown.ts'
import { Metrics } from './metrics.ts'
import { addProcessMetrics } from './process-metrics.ts'

/**
 * The metrics of a service's process: what any process tells, and what its statements do, until
 * `shutdown` releases them.
 */
export function startMetrics(
  service: string,
  databasePoolMax: number,
  shutdown: Shutdown,
): Metrics {
  const metrics = new Metrics()
  const ends = [
    addProcessMetrics(metrics, service, version),
    meterStatements(metrics, databasePoolMax),
  ]
  shutdown.add('metrics', async () => {
    for (const end of ends) end()
  })
  return metrics
}
