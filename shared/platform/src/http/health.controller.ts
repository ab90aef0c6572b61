import { Elysia } from 'elysia'
import { type Static, Type } from 'typebox'
import { NoQuery } from './validation.ts'

const HealthReport = Type.Object(
  {
    ready: Type.Boolean(),
    checks: Type.Record(Type.String(), Type.Union([Type.Literal('up'), Type.Literal('down')]), {
      examples: [{ database: 'up' }],
    }),
    feed_age_ms: Type.Optional(
      Type.Union([Type.Integer(), Type.Null()], {
        description: 'Milliseconds since the latest complete feed sync began; null: none yet.',
      }),
    ),
  },
  { description: 'Whether the process can do its work, and what it depends on.' },
)

export type Readiness = Static<typeof HealthReport>

/**
 * `/health/live` and `/health/ready`. `check` must answer within its own time limits and never
 * reject.
 */
export function healthController(check: () => Promise<Readiness>) {
  return new Elysia({ prefix: '/health', tags: ['Health'] })
    .get('/live', () => ({ live: true }), {
      query: NoQuery,
      response: Type.Object({ live: Type.Boolean() }, { description: 'The process runs.' }),
      detail: {
        operationId: 'live',
        summary: 'Whether the process runs',
        description: 'Asks nothing of anyone, so that a broken dependency restarts nothing.',
      },
    })
    .get(
      '/ready',
      async ({ set }) => {
        const report = await check()
        set.status = report.ready ? 200 : 503
        if (!report.ready) set.headers['retry-after'] = '1'
        return report
      },
      {
        query: NoQuery,
        response: { 200: HealthReport, 503: HealthReport },
        detail: {
          operationId: 'ready',
          summary: 'Whether it can do its work',
          description: "The broker's state is shown but decides nothing.",
        },
      },
    )
}
