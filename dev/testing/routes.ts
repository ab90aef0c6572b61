import type { ProblemCode } from './problems.ts'

type Routes = Record<string, ProblemCode[]>

/**
 * Every route of line-provider with its problem codes, without those of every route. `/docs/json`
 * must match it. Tests try each example and random requests on them.
 */
export const LINE_ROUTES = {
  'PUT /event': ['ILLEGAL_TRANSITION', 'EVENT_ENDED', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
  'GET /event/{event_id}': ['EVENT_NOT_FOUND', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
  'GET /events': ['OVERLOADED', 'DATABASE_UNAVAILABLE'],
  'GET /events/changes': ['CURSOR_EXPIRED', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
  'GET /health/live': [],
  'GET /health/ready': [],
} satisfies Routes

/** The same for bet-maker. */
export const BET_ROUTES = {
  'POST /bet': [
    ...(['IDEMPOTENCY_KEY_REUSED', 'FEED_DOWN', 'EVENT_NOT_FOUND', 'LINE_UNAVAILABLE'] as const),
    ...(['EVENT_NOT_OPEN', 'ODDS_CHANGED', 'LIMIT_EXCEEDED', 'ACCOUNT_NOT_FOUND'] as const),
    ...(['INSUFFICIENT_FUNDS', 'OVERLOADED', 'DATABASE_UNAVAILABLE'] as const),
  ],
  'GET /bets': ['OVERLOADED', 'DATABASE_UNAVAILABLE'],
  'GET /bets/{id}': ['BET_NOT_FOUND', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
  'POST /transfers': [
    ...(['IDEMPOTENCY_KEY_REUSED', 'ACCOUNT_NOT_FOUND', 'INSUFFICIENT_FUNDS'] as const),
    ...(['OVERLOADED', 'DATABASE_UNAVAILABLE'] as const),
  ],
  'GET /accounts': ['OVERLOADED', 'DATABASE_UNAVAILABLE'],
  'GET /accounts/{account_id}': ['ACCOUNT_NOT_FOUND', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
  'GET /accounts/{account_id}/entries': [
    ...(['ACCOUNT_NOT_FOUND', 'OVERLOADED', 'DATABASE_UNAVAILABLE'] as const),
  ],
  'GET /events': ['LINE_UNAVAILABLE', 'OVERLOADED'],
  'GET /board.json': [],
  'GET /health/live': [],
  'GET /health/ready': [],
} satisfies Routes

/** Those of them that only read. */
export const readingOf = (routes: Routes) =>
  Object.keys(routes).filter((route) => route.startsWith('GET '))
