import { createBaseApp } from '@bets/shared/http/base-app'
import { docs } from '@bets/shared/http/docs'
import { healthController, type Readiness } from '@bets/shared/http/health'
import { Problem } from '@bets/shared/http/problem'
import type { Log } from '@bets/shared/runtime/log'
import { type EventUseCases, eventController } from './presentation/event.controller.ts'
import { type FeedUseCases, feedController } from './presentation/feed.controller.ts'

export interface AppDeps {
  useCases: EventUseCases & FeedUseCases
  checkReadiness(): Promise<Readiness>
  log: Log
}

const INFO = {
  title: 'LineProviderApi',
  version: '1.0.0',
  description: 'Holds the line: sporting events with a coefficient, a deadline for bets and a state.',
}

export function createApp({ useCases, checkReadiness, log }: AppDeps) {
  const app = createBaseApp(log)
    .model({ Problem })
    .use(feedController(useCases))
    .use(eventController(useCases))
    .use(healthController(checkReadiness))
  return app.use(docs(app, INFO))
}
