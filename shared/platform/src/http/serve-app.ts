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

export interface AppServer extends HttpServer {
  metricsUrl: string
  /**
   * Serves another app of the process on a port of its own, measured and stopped with the first
   * one. Returns its URL. Throws as `serveApp` does.
   */
  serveAlso(app: ServedApp, port: number): string
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
): AppServer {
  const onAnswer = meterRequests(metrics)
  const servers: HttpServer[] = []
  const serve = ({ fetch, routes }: ServedApp, port: number): string => {
    const undeclared = routesWithoutAccess(routes)
    if (undeclared.length > 0)
      throw new StartError(
        `Who may call ${undeclared.join(', ')}? Declare each with \`access\`: see http/route.ts.`,
      )
    const paths = routes.map(({ path }) => path)
    const server = serveHttp({ fetch, hostname: host, port, paths, onAnswer })
    servers.push(server)
    return server.url
  }
  const pending = () => servers.reduce((sum, server) => sum + server.pending, 0)

  const url = serve(app, port)
  metrics.gauge('http_requests_in_flight', 'Requests that are being answered.', pending)
  const scraped = serveMetrics(metrics, { host, port: metricsPort })
  return {
    url,
    metricsUrl: `${scraped.url}${METRICS_PATH}`,
    serveAlso: serve,
    get pending() {
      return pending()
    },
    async stop() {
      await Promise.all([...servers, scraped].map((server) => server.stop()))
    },
  }
}
