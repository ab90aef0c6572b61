/** What scripts of other sites may read of an answer, beside its body. */
const EXPOSED = 'Location, Link, Idempotent-Replayed, Retry-After, X-Request-Id'
const TAKEN = 'Authorization, Content-Type, Idempotency-Key, X-Request-Id'
const KEPT_SECONDS = '600'

/**
 * Lets pages of the given origins (`https://shop.example`) call the app from browsers; all others
 * are left to the browser's own rule, which forbids it. `headersFor` answers what to add to an
 * answer; `preflight` the answer to a browser's question, or undefined when the request is none.
 */
export function createCors(origins: readonly string[]) {
  const headersFor = (request: Request): Record<string, string> => {
    const origin = request.headers.get('origin')
    // On every answer, or a cache would give one site what was meant for another.
    if (origin === null || !origins.includes(origin)) return { vary: 'Origin' }
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED,
      vary: 'Origin',
    }
  }
  return {
    headersFor,
    preflight(request: Request, methods: readonly string[]): Response | undefined {
      if (
        methods.length === 0 ||
        request.method !== 'OPTIONS' ||
        !request.headers.has('access-control-request-method')
      )
        return undefined
      const headers = headersFor(request)
      if (headers['access-control-allow-origin'] === undefined) return undefined
      return new Response(null, {
        status: 204,
        headers: {
          ...headers,
          'access-control-allow-methods': methods.join(', '),
          'access-control-allow-headers': TAKEN,
          'access-control-max-age': KEPT_SECONDS,
        },
      })
    },
  }
}
