import { type Metrics, SECONDS } from '../metrics/metrics.ts'

/** The label of paths without a route: clients must not be able to invent label values. */
const NO_ROUTE = 'none'
const NO_METHOD = 'other'
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
/** The length of `http://`: the path begins after it. */
const HOST_START = 7

/**
 * Measures requests by route template, method and status. It wraps the whole app, so requests that
 * hooks refuse are counted too.
 */
export function meterRequests(
  metrics: Metrics,
  routes: readonly { path: string }[],
): (request: Request, status: number, startedMs: number) => void {
  const durations = metrics.histogram(
    'http_request_duration_seconds',
    "Requests and how long their answers took to make, by the route's template.",
    SECONDS,
    ['route', 'method', 'status'],
  )
  const routeOf = routeFinder(routes.map(({ path }) => path))

  return ({ url, method }, status, startedMs) => {
    const seconds = (performance.now() - startedMs) / 1_000
    const label = METHODS.has(method) ? method : NO_METHOD
    durations.observe({ route: routeOf(url), method: label, status }, seconds)
  }
}

/** Finds the template of a URL's route. */
function routeFinder(paths: readonly string[]): (url: string) => string {
  const fixed = new Set(paths.filter((path) => !path.includes(':')))
  const withParameters = [...new Set(paths).difference(fixed)].map((template) => ({
    template,
    pattern: new RegExp(`^${template.replace(/:[^/]+/g, '[^/]+')}$`),
  }))

  return (url) => {
    const start = url.indexOf('/', HOST_START)
    const end = url.indexOf('?', start)
    const path = end === -1 ? url.slice(start) : url.slice(start, end)
    if (fixed.has(path)) return path
    return withParameters.find(({ pattern }) => pattern.test(path))?.template ?? NO_ROUTE
  }
}
