import type { Metrics } from '../metrics/metrics.ts'
import { StartError } from '../process/env.ts'
import { type HttpServer, serveHttp } from './http-server.ts'
import { meterRequests } from './request.meter.ts'
import { routesWithoutAccess } from './route.ts'

interface ServedApp {
  fetch(request: Request): Response | Promise<Response>
  routes: Parameters<typeof routesWithoutAccess>[0]
}

/**
 * Serves an app and measures its requests. Port 0 lets the system choose. Throws `StartError` when
 * the port is taken, or when a route does not say who may call it: nothing is open by mistake.
 */
export function serveApp(
  app: ServedApp,
  { host, port }: { host: string; port: number },
  metrics: Metrics,
): HttpServer {
  const undeclared = routesWithoutAccess(app.routes)
  if (undeclared.length > 0)
    throw new StartError(
      `Who may call ${undeclared.join(', ')}? Declare each with \`access\`: see http/route.ts.`,
    )
  const onAnswer = meterRequests(metrics, app.routes)
  const server = serveHttp({ fetch: app.fetch, hostname: host, port, onAnswer })
  metrics.gauge(
    'http_requests_in_flight',
    'Requests that are being answered.',
    () => server.pending,
  )
  return server
}
