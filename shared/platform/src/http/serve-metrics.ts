import type { Metrics } from '../metrics/metrics.ts'
import { type HttpServer, serveHttp } from './http-server.ts'

export const METRICS_PATH = '/metrics'

/**
 * Serves `/metrics`: what the process measures, in Prometheus's text form. Open to whoever reaches
 * the port, which is why it is not the port that clients reach. Throws `StartError` when it is
 * taken.
 */
export function serveMetrics(
  metrics: Metrics,
  { host, port }: { host: string; port: number },
): HttpServer {
  return serveHttp({
    hostname: host,
    port,
    paths: [METRICS_PATH],
    async fetch({ url }) {
      if (new URL(url).pathname !== METRICS_PATH) return new Response(null, { status: 404 })
      const headers = { 'content-type': metrics.contentType }
      return new Response(await metrics.text(), { headers })
    },
  })
}
