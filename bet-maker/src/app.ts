import type { Log } from '@bets/domain/log'
import { type AccessOptions, isOpenToAll } from '@bets/platform/http/access'
import { createBaseApp } from '@bets/platform/http/base-app'
import { docs } from '@bets/platform/http/docs'
import { healthController } from '@bets/platform/http/health.controller'
import { Problem } from '@bets/platform/http/problem'
import { createGuard } from '@bets/platform/http/route'
import type { Static } from 'typebox'
import { type Limits, NO_LIMITS } from './domain/limits.ts'
import { type AccountUseCases, accountController } from './presentation/account.controller.ts'
import { type BetUseCases, betController } from './presentation/bet.controller.ts'
import { type BoardUseCases, boardController } from './presentation/board.controller.ts'
import { type EventUseCases, eventController } from './presentation/event.controller.ts'
import { PROBLEMS } from './presentation/route.ts'
import { ReadinessReport } from './presentation/schemas.ts'

export type ApiReadiness = Static<typeof ReadinessReport>

/** What the app needs: its controllers' use cases, and what every app needs. */
export interface AppDeps {
  useCases: BetUseCases & AccountUseCases & EventUseCases & BoardUseCases
  checkReadiness(): Promise<ApiReadiness>
  log: Log
  /** Who may call protected routes; everyone, when not given. */
  access?: AccessOptions | undefined
  /** Sites whose pages may call the app from browsers. */
  corsOrigins?: readonly string[]
  /** While tokens are off or public: host names of the app beside addresses and `localhost`. */
  allowedHosts?: readonly string[]
  /** The house's limits on bets, which the open events show. */
  limits?: Limits
}

const INFO = {
  title: 'BetMakerApi',
  version: '1.0.0',
  problems: PROBLEMS,
  description: 'Shows the events open to bets, takes bets on them and shows their results.',
  tags: [
    { name: 'Events', description: 'Events that are open to bets.' },
    { name: 'Bets', description: 'Place bets and see their results.' },
    { name: 'Accounts', description: "Bettors' money." },
    { name: 'Board', description: 'The public overview.' },
    { name: 'Health', description: 'Liveness and readiness of the process.' },
  ],
}
const TOKEN = "A client's token, for placing bets and seeing one's own."

/** The service's HTTP interface, which does not listen: `serveApp` does, and tests use `handle`. */
export function createApp({
  useCases,
  checkReadiness,
  log,
  access,
  corsOrigins = [],
  allowedHosts = [],
  limits = NO_LIMITS,
}: AppDeps) {
  const guard = createGuard(access)
  const app = createBaseApp({
    log,
    problems: PROBLEMS,
    allowedHosts: isOpenToAll(access) ? allowedHosts : undefined,
    cors: {
      origins: corsOrigins,
      exposedHeaders: ['Idempotent-Replayed'],
      requestHeaders: ['Idempotency-Key'],
    },
  })
    .model({ Problem })
    .use(eventController(guard, useCases, limits))
    .use(betController(guard, useCases))
    .use(accountController(guard, useCases))
    .use(boardController(guard, useCases))
    .use(healthController(guard, checkReadiness, ReadinessReport))
  const info = access === undefined ? INFO : { ...INFO, token: TOKEN }
  return app.use(docs(app, info, guard))
}
