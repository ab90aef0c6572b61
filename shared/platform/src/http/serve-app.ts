import type { Metrics } from '../metrics/metrics.ts'
import { StartError } from '../process/env.ts'
import { type HttpServer, serveHttp } from './http-server.ts'
import { meterRequests } from './request.meter.ts'
import { routesWithoutAccess } from './route.ts'
import { METRICS_PATH, serveMetrics } from './serve-metrics.ts'

interface ServedApp {
  fetch(request: Request): Response | Promise<Response>
  routes: Parameters<typeof routesWithoutAccess>[0]
}

/** Where a process listens. Port 0 lets the system choose. */
interface Listening {
  host: string
  port: number
  metricsPort: number
}

/**
 * Serves an app and measures its requests; serves the metrics on a port of their own. Throws
 * `StartError` when a port is taken, or when a route does not say who may call it: nothing is open
 * by mistake.
 */
export function serveApp(
  app: ServedApp,
  { host, port, metricsPort }: Listening,
  metrics: Metrics,
): HttpServer & { metricsUrl: string } {
  const undeclared = routesWithoutAccess(app.routes)
  if (undeclared.length > 0)
    throw new StartError(
      `Who may call ${undeclared.join(', ')}? Declare each with \`access\`: see http/route.ts.`,
    )
  const server = serveHttp({
    fetch: app.fetch,
    hostname: host,
    port,
    paths: app.routes.map(({ path }) => path),
    onAnswer: meterRequests(metrics),
  })
  metrics.gauge(
    'http_requests_in_flight',
    'Requests that are being answered.',
    () => server.pending,
  )
  const scraped = serveMetrics(metrics, { host, port: metricsPort })
  return {
    url: server.url,
    metricsUrl: `${scraped.url}${METRICS_PATH}`,
    get pending() {
      return server.pending
    },
    async stop() {
      await Promise.all([server.stop(), scraped.stop()])
    },
  }
}
