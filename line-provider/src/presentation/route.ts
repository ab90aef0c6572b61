import { HTTP_PROBLEMS, type ProblemTable } from '@bets/platform/http/problem'
import { routesOf } from '@bets/platform/http/route'

/** Every problem code that this service answers with. */
export const PROBLEMS = {
  ...HTTP_PROBLEMS,
  CURSOR_EXPIRED: [410, 'The cursor is of another feed'],
  EVENT_ENDED: [409, 'The event has ended'],
  EVENT_NOT_FOUND: [404, 'There is no such event'],
  ILLEGAL_TRANSITION: [409, 'The state cannot change like this'],
} as const satisfies ProblemTable

/** Declares a route of this service. */
export const route = routesOf<'open' | 'operator', keyof typeof PROBLEMS>()
