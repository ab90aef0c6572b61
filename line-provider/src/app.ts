import { type BaseAppOptions, createBaseApp } from '@bets/platform/http/base-app'
import { docs } from '@bets/platform/http/docs'
import { healthController, type Readiness } from '@bets/platform/http/health.controller'
import { metricsController } from '@bets/platform/http/metrics.controller'
import { Problem } from '@bets/platform/http/problem'
import type { Metrics } from '@bets/platform/metrics/metrics'
import { type EventUseCases, eventController } from './presentation/event.controller.ts'
import { type FeedUseCases, feedController } from './presentation/feed.controller.ts'

/** What the app is made of; the use cases are those of its controllers. */
export interface AppDeps extends BaseAppOptions {
  useCases: EventUseCases & FeedUseCases
  checkReadiness(): Promise<Readiness>
  metrics: Metrics
}

const INFO = {
  title: 'LineProviderApi',
  version: '1.0.0',
  description:
    'Holds the line: sporting events with a coefficient, a deadline for bets and a state.',
  tags: [
    { name: 'Events', description: 'Create, change and finish events; read them.' },
    {
      name: 'Feed',
      description: 'Every change in order of commit, for those who keep a copy of the line.',
    },
    { name: 'Health', description: 'Whether the process lives, is ready, and what it counts.' },
  ],
}
const TOKEN = "An operator's token, for changing the line."

/**
 * The service's HTTP interface, which listens nowhere: `serveApp` does, and tests ask it with
 * `handle`.
 */
export function createApp({ useCases, checkReadiness, metrics, ...base }: AppDeps) {
  const app = createBaseApp(base)
    .model({ Problem })
    .use(feedController(useCases))
    .use(eventController(useCases))
    .use(healthController(checkReadiness))
    .use(metricsController(metrics))
  const info = base.access === undefined ? INFO : { ...INFO, token: TOKEN }
  return app.use(docs(app, info))
}
