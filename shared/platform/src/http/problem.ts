import { Type } from 'typebox'

/**
 * Every `code` of a problem document with its status and title: the one list of what can go wrong
 * over HTTP.
 */
export const PROBLEMS = {
  NOT_FOUND: [404, 'There is no such path'],
  METHOD_NOT_ALLOWED: [405, 'The path does not take this method'],
  UNAUTHORIZED: [401, 'A valid token is needed'],
  RATE_LIMITED: [429, 'Too many requests'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The body must be application/json'],
  BODY_TOO_LARGE: [413, 'The body is too large'],
  MALFORMED_BODY: [400, 'The body is not JSON'],
  VALIDATION_FAILED: [422, 'The request is not valid'],
  DATABASE_UNAVAILABLE: [503, 'The database is not available'],
  OVERLOADED: [503, 'Too much is waiting'],
  INTERNAL: [500, 'Something went wrong here'],
  ILLEGAL_TRANSITION: [409, 'The state cannot change like this'],
  EVENT_ENDED: [409, 'The event has ended'],
  EVENT_NOT_FOUND: [404, 'There is no such event'],
  CURSOR_EXPIRED: [410, 'The cursor is of another feed'],
  LINE_UNAVAILABLE: [503, 'The line is not available'],
  FEED_DOWN: [503, 'The feed of the line is not fresh'],
  EVENT_NOT_OPEN: [409, 'The event takes no bets'],
  ODDS_CHANGED: [409, 'The coefficient has changed'],
  IDEMPOTENCY_KEY_REUSED: [422, 'The key belongs to another bet'],
  BET_NOT_FOUND: [404, 'There is no such bet'],
} as const satisfies Record<string, readonly [status: number, title: string]>
export type ProblemCode = keyof typeof PROBLEMS

/** Whether a code is in the list. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code)
}

/** What a client waits before it asks again after a 429 or 503, in seconds. */
const RETRY_AFTER_SECONDS = '1'

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.Literal('about:blank'),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'What went wrong, for programs.' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
        description:
          'With VALIDATION_FAILED: what is wrong and where, as JSON Pointers into the request.',
      }),
    ),
  },
  { description: 'What went wrong (RFC 9457); some codes add fields of their own.' },
)

/** The answer to a request that failed. `extras` are fields beside the standard ones. */
export function problemResponse(
  code: ProblemCode,
  detail: string,
  extras: Readonly<Record<string, unknown>> = {},
  headers: Record<string, string> = {},
): Response {
  const [status, title] = PROBLEMS[code]
  const retry = status === 429 || status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}
  return new Response(
    JSON.stringify({ type: 'about:blank', title, status, detail, code, ...extras }),
    {
      status,
      headers: { 'content-type': 'application/problem+json', ...retry, ...headers },
    },
  )
}
