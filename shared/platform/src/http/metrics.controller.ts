import { Elysia } from 'elysia'
import type { Metrics } from '../metrics/metrics.ts'
import type { HttpProblemCode } from './problem.ts'
import { type Guard, routesOf } from './route.ts'
import { NoQuery } from './validation.ts'

const route = routesOf<'open', HttpProblemCode>()

/** `/metrics`: what the process measures, in Prometheus's text form. Open, as health is. */
export function metricsController(guard: Guard, metrics: Metrics) {
  return new Elysia({ tags: ['Health'] }).use(guard).get(
    '/metrics',
    async () =>
      new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } }),
    route({
      access: 'open',
      operationId: 'metrics',
      summary: 'What the process measures',
      description:
        'For Prometheus. A sample that needs the database is left out while it does not answer.',
      query: NoQuery,
      answers: 'Metrics in the text format 0.0.4 of Prometheus.',
      problems: [],
    }),
  )
}
