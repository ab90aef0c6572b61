import { Elysia } from 'elysia'
import type { Metrics } from '../metrics/metrics.ts'
import { textAnswer } from './openapi.ts'
import { NoQuery } from './validation.ts'

/**
 * `/metrics`: what the process tells about itself, in Prometheus's text form. Open, as health is.
 */
export function metricsController(metrics: Metrics) {
  return new Elysia({ tags: ['Health'] }).get(
    '/metrics',
    async () =>
      new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } }),
    {
      query: NoQuery,
      detail: {
        operationId: 'metrics',
        summary: 'What the process measures',
        description:
          'For Prometheus. What a database would have to be asked for and cannot is left out.',
        ...textAnswer('Metrics in the text format 0.0.4 of Prometheus.'),
      },
    },
  )
}
