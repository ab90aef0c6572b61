import type { Metrics } from '../metrics/metrics.ts'
import { type HttpServer, serveHttp } from './http-server.ts'
import { meterRequests } from './request.meter.ts'

interface ServedApp {
  fetch(request: Request): Response | Promise<Response>
  routes: readonly { path: string }[]
}

/** Serves an app and measures its requests. Port 0 lets the system choose. */
export function serveApp(
  app: ServedApp,
  { host, port }: { host: string; port: number },
  metrics: Metrics,
): HttpServer {
  const onAnswer = meterRequests(metrics, app.routes)
  const server = serveHttp({ fetch: app.fetch, hostname: host, port, onAnswer })
  metrics.gauge(
    'http_requests_in_flight',
    'Requests that are being answered.',
    () => server.pending,
  )
  return server
}
