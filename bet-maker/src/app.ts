import { type BaseAppOptions, createBaseApp } from '@bets/platform/http/base-app'
import { docs } from '@bets/platform/http/docs'
import { healthController, type Readiness } from '@bets/platform/http/health.controller'
import { metricsController } from '@bets/platform/http/metrics.controller'
import { Problem } from '@bets/platform/http/problem'
import type { Metrics } from '@bets/platform/metrics/metrics'
import { type BetUseCases, betController } from './presentation/bet.controller.ts'
import { type BoardUseCases, boardController } from './presentation/board.controller.ts'
import { type EventUseCases, eventController } from './presentation/event.controller.ts'

/** What the app is made of; the use cases are those of its controllers. */
export interface AppDeps extends BaseAppOptions {
  useCases: BetUseCases & EventUseCases & BoardUseCases
  checkReadiness(): Promise<Readiness>
  metrics: Metrics
}

const INFO = {
  title: 'BetMakerApi',
  version: '1.0.0',
  description: 'Shows the events open to bets, takes bets on them and shows what became of them.',
  tags: [
    { name: 'Events', description: 'What may be bet on now.' },
    { name: 'Bets', description: 'Place bets and see what became of them.' },
    { name: 'Board', description: 'What everyone may see at one glance.' },
    { name: 'Health', description: 'Whether the process lives, is ready, and what it counts.' },
  ],
}
const TOKEN = "A client's token, for placing bets and seeing one's own."

/**
 * The service's HTTP interface, which listens nowhere: `serveApp` does, and tests ask it with
 * `handle`.
 */
export function createApp({ useCases, checkReadiness, metrics, ...base }: AppDeps) {
  const app = createBaseApp(base)
    .model({ Problem })
    .use(eventController(useCases))
    .use(betController(useCases))
    .use(boardController(useCases))
    .use(healthController(checkReadiness))
    .use(metricsController(metrics))
  const info = base.access === undefined ? INFO : { ...INFO, token: TOKEN }
  return app.use(docs(app, info))
}
