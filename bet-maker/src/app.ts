import { createBaseApp } from '@bets/shared/http/base-app'
import { docs } from '@bets/shared/http/docs'
import { healthController, type Readiness } from '@bets/shared/http/health'
import { Problem } from '@bets/shared/http/problem'
import type { Log } from '@bets/shared/runtime/log'
import { type BetUseCases, betController } from './presentation/bet.controller.ts'
import { type EventUseCases, eventController } from './presentation/event.controller.ts'

export interface AppDeps {
  useCases: BetUseCases & EventUseCases
  checkReadiness(): Promise<Readiness>
  log: Log
}

const INFO = {
  title: 'BetMakerApi',
  version: '1.0.0',
  description: 'Shows the events open to bets, takes bets on them and shows what became of them.',
}

export function createApp({ useCases, checkReadiness, log }: AppDeps) {
  const app = createBaseApp(log)
    .model({ Problem })
    .use(eventController(useCases))
    .use(betController(useCases))
    .use(healthController(checkReadiness))
  return app.use(docs(app, INFO))
}
