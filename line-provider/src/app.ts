import type { Log } from '@bets/domain/log'
import { type AccessOptions, isOpenToAll } from '@bets/platform/http/access'
import { createBaseApp } from '@bets/platform/http/base-app'
import { docs } from '@bets/platform/http/docs'
import {
  healthController,
  type Readiness,
  ReadinessReport,
} from '@bets/platform/http/health.controller'
import { Problem } from '@bets/platform/http/problem'
import { createGuard } from '@bets/platform/http/route'
import { type EventUseCases, eventController } from './presentation/event.controller.ts'
import { type EventReads, eventReadsController } from './presentation/event-reads.controller.ts'
import { type FeedUseCases, feedController } from './presentation/feed.controller.ts'
import { PROBLEMS } from './presentation/route.ts'

/** What the app needs: its controllers' use cases, and what every app needs. */
export interface AppDeps {
  useCases: EventUseCases & EventReads & FeedUseCases
  checkReadiness(): Promise<Readiness>
  log: Log
  /** Who may call protected routes; everyone, when not given. */
  access?: AccessOptions | undefined
  /** Sites whose pages may call the app from browsers. */
  corsOrigins?: readonly string[]
  /** While tokens are off or public: host names of the app beside addresses and `localhost`. */
  allowedHosts?: readonly string[]
}

const INFO = {
  title: 'LineProviderApi',
  version: '1.0.0',
  problems: PROBLEMS,
  description:
    'Holds the line: sporting events with a coefficient, a deadline for bets and a state.',
  tags: [
    { name: 'Events', description: 'Create, change and finish events; read them.' },
    {
      name: 'Feed',
      description: 'Every change in commit order, for services that keep a copy of the line.',
    },
    { name: 'Health', description: 'Liveness and readiness of the process.' },
  ],
}
const TOKEN = "An operator's token, for changing the line."

/** The service's HTTP interface, which does not listen: `serveApp` does, and tests use `handle`. */
export function createApp({
  useCases,
  checkReadiness,
  log,
  access,
  corsOrigins = [],
  allowedHosts = [],
}: AppDeps) {
  const guard = createGuard(access)
  const app = createBaseApp({
    log,
    problems: PROBLEMS,
    allowedHosts: isOpenToAll(access) ? allowedHosts : undefined,
    cors: { origins: corsOrigins },
  })
    .model({ Problem })
    .use(feedController(guard, useCases))
    .use(eventController(guard, useCases))
    .use(eventReadsController(guard, useCases))
    .use(healthController(guard, checkReadiness, ReadinessReport))
  const info = access === undefined ? INFO : { ...INFO, token: TOKEN }
  return app.use(docs(app, info, guard))
}
