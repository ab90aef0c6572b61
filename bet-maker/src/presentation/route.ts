import { HTTP_PROBLEMS, type ProblemTable } from '@bets/platform/http/problem'
import { routesOf } from '@bets/platform/http/route'

/** Every problem code that this service answers with. */
export const PROBLEMS = {
  ...HTTP_PROBLEMS,
  ACCOUNT_NOT_FOUND: [404, 'There is no such account'],
  BET_NOT_FOUND: [404, 'There is no such bet'],
  EVENT_NOT_FOUND: [404, 'There is no such event'],
  EVENT_NOT_OPEN: [409, 'Betting on the event is closed'],
  FEED_DOWN: [503, 'The line is stale'],
  IDEMPOTENCY_KEY_REUSED: [422, 'The key belongs to another request'],
  INSUFFICIENT_FUNDS: [409, 'The account does not hold enough'],
  LIMIT_EXCEEDED: [409, 'The bet exceeds a limit'],
  LINE_UNAVAILABLE: [503, 'The line is unavailable'],
  ODDS_CHANGED: [409, 'The coefficient has changed'],
} as const satisfies ProblemTable

/** Declares a route of this service. */
export const route = routesOf<'open' | 'client', keyof typeof PROBLEMS>()
