import { Elysia } from 'elysia'
import { type Static, type TProperties, type TSchema, Type } from 'typebox'
import type { HttpProblemCode } from './problem.ts'
import { type Guard, routesOf } from './route.ts'
import { NoQuery } from './validation.ts'

const Liveness = Type.Object({ live: Type.Boolean() }, { description: 'The process runs.' })

/** The schema of a readiness report, with the fields that only one service has. */
export function readinessReport<Extra extends TProperties>(extra: Extra) {
  return Type.Object(
    {
      ready: Type.Boolean(),
      checks: Type.Record(Type.String(), Type.Union([Type.Literal('up'), Type.Literal('down')]), {
        examples: [{ database: 'up' }],
      }),
      ...extra,
    },
    { description: 'Whether the process can do its work, and the state of what it depends on.' },
  )
}
/** The report of a process that has no more to say. */
export const ReadinessReport = readinessReport({})

/** A readiness report; a service's own may have more fields. */
export type Readiness = Static<typeof ReadinessReport>

const route = routesOf<'open', HttpProblemCode>()

/**
 * `/health/live` and `/health/ready`. `check` must answer within its own time limits and never
 * reject; `schema` describes its answer. Concurrent callers share one check, because anyone may
 * call, as often as they like.
 */
export function healthController<Schema extends TSchema>(
  guard: Guard,
  check: () => Promise<Static<Schema> & Readiness>,
  schema: Schema,
) {
  let pending: ReturnType<typeof check> | undefined
  const sharedCheck = () => {
    pending ??= check().finally(() => {
      pending = undefined
    })
    return pending
  }
  return new Elysia({ prefix: '/health', tags: ['Health'] })
    .use(guard)
    .model({ Liveness, Readiness: schema as TSchema })
    .get(
      '/live',
      () => ({ live: true }),
      route({
        access: 'open',
        operationId: 'live',
        summary: 'Whether the process runs',
        description: 'Checks no dependencies, so an outage never triggers restarts.',
        query: NoQuery,
        answers: { 200: 'Liveness' },
        problems: [],
      }),
    )
    .get(
      '/ready',
      async ({ set }) => {
        const report = await sharedCheck()
        set.status = report.ready ? 200 : 503
        if (!report.ready) set.headers['retry-after'] = '1'
        return report
      },
      route({
        access: 'open',
        operationId: 'ready',
        summary: 'Whether the process can do its work',
        description: "The broker's state is shown but decides nothing.",
        query: NoQuery,
        answers: { 200: 'Readiness', 503: 'Readiness' },
        problems: [],
      }),
    )
}
