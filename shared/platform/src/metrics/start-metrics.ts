import { version } from '../../../../package.json'
import type { Shutdown } from '../process/shutdown.ts'
import { Metrics } from './metrics.ts'
import { addProcessMetrics } from './process-metrics.ts'

/** Creates the metrics of a process, including the common ones, until `shutdown` releases them. */
export function startMetrics(service: string, shutdown: Shutdown): Metrics {
  const metrics = new Metrics()
  const stop = addProcessMetrics(metrics, service, version)
  shutdown.add('metrics', async () => stop())
  return metrics
}
