/**
 * Headers that every app's answers and requests may have; scripts of other sites need leave for
 * them.
 */
const EXPOSED_HEADERS = ['Location', 'Link', 'Retry-After', 'X-Request-Id']
const REQUEST_HEADERS = ['Authorization', 'Content-Type', 'X-Request-Id']
const MAX_AGE_SECONDS = '600'

/** Which pages may call an app from browsers, and the headers that only this app has. */
export interface CorsOptions {
  /** Like `https://shop.example`. */
  origins: readonly string[]
  exposedHeaders?: readonly string[]
  requestHeaders?: readonly string[]
}

/**
 * Lets pages of the given origins call the app from browsers. All others are left to the browser's
 * own rule, which forbids it. `headersFor` answers what to add to an answer; `preflight` the answer
 * to a browser's preflight request, or undefined when the request is none.
 */
export function createCors({ origins, exposedHeaders = [], requestHeaders = [] }: CorsOptions) {
  const exposed = [...EXPOSED_HEADERS, ...exposedHeaders].join(', ')
  const allowed = [...REQUEST_HEADERS, ...requestHeaders].join(', ')

  const headersFor = (request: Request): Record<string, string> => {
    const origin = request.headers.get('origin')
    // On every answer, or a cache would give one site what was meant for another.
    if (origin === null || !origins.includes(origin)) return { vary: 'Origin' }
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': exposed,
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
          'access-control-allow-headers': allowed,
          'access-control-max-age': MAX_AGE_SECONDS,
        },
      })
    },
  }
}
