import { Type } from 'typebox'

/** Status and title of each problem code that an app can answer with. */
export type ProblemTable<Code extends string = string> = Readonly<
  Record<Code, readonly [status: number, title: string]>
>

/**
 * The problems of any app, whatever it is about. A service adds its own in `presentation/route.ts`.
 */
export const HTTP_PROBLEMS = {
  NOT_FOUND: [404, 'There is no such path'],
  METHOD_NOT_ALLOWED: [405, 'The path does not support this method'],
  HOST_NOT_ALLOWED: [421, 'This host name is not served here'],
  UNAUTHORIZED: [401, 'A valid token is required'],
  RATE_LIMITED: [429, 'Too many requests'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The body must be application/json'],
  BODY_TOO_LARGE: [413, 'The body is too large'],
  MALFORMED_BODY: [400, 'The body is not JSON'],
  VALIDATION_FAILED: [422, 'The request is not valid'],
  DATABASE_UNAVAILABLE: [503, 'The database is unavailable'],
  OVERLOADED: [503, 'The service is overloaded'],
  INTERNAL: [500, 'Something went wrong here'],
} as const satisfies ProblemTable
export type HttpProblemCode = keyof typeof HTTP_PROBLEMS

/** How long a client waits before it asks again after a 429 or 503, in seconds. */
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
  { description: 'What went wrong (RFC 9457). Some codes add fields of their own.' },
)

interface ProblemContent {
  detail: string
  /** Fields beside the standard ones. */
  extras?: Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
}

/** The answer to a request that failed, with `Retry-After` where it may be sent again. */
export function problemResponse<Code extends string>(
  problems: ProblemTable<Code>,
  code: Code,
  { detail, extras, headers }: ProblemContent,
): Response {
  const [status, title] = problems[code]
  const retry = status === 429 || status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}
  return new Response(
    JSON.stringify({ type: 'about:blank', title, status, detail, code, ...extras }),
    { status, headers: { 'content-type': 'application/problem+json', ...retry, ...headers } },
  )
}
