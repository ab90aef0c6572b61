import { type Metrics, SECONDS } from '../metrics/metrics.ts'
import type { AnsweredRequest } from './http-server.ts'

const NO_METHOD = 'other'
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])

/**
 * Measures requests by route template, method and status. It wraps the whole app, so requests that
 * hooks refuse are counted too.
 */
export function meterRequests(metrics: Metrics): (answered: AnsweredRequest) => void {
  const durations = metrics.histogram(
    'http_request_duration_seconds',
    "Requests and how long their answers took to make, by the route's template. Status 499: the " +
      'client hung up before its request was complete.',
    SECONDS,
    ['route', 'method', 'status'],
  )
  return ({ route, method, status, startedMs }) => {
    const seconds = (performance.now() - startedMs) / 1_000
    const label = METHODS.has(method) ? method : NO_METHOD
    durations.observe({ route, method: label, status }, seconds)
  }
}
