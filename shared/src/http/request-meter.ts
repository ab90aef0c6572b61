import { type Metrics, SECONDS } from '../runtime/metrics.ts'
import type { Spread } from '../runtime/tallies.ts'

/** What paths that no route has are counted under: a client must not be able to make up label values. */
const NO_ROUTE = 'none'
const NO_METHOD = 'other'
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
/** Behind `http://`, before which no path begins. */
const HOST_START = 7

interface Route {
  template: string
  /** Per method and status. */
  parts: Map<string, Map<number, Spread>>
}

/**
 * Measures requests by the route's template, method and status. What it keeps per route is looked up by the path, without a
 * hash of labels and without Elysia's hooks, each of which costs a bet more than this does.
 */
export function meterRequests(
  metrics: Metrics,
  routes: readonly { path: string }[],
): (request: Request, status: number, startedMs: number) => void {
  const durations = metrics.histograms<'route' | 'method' | 'status'>(
    'http_request_duration_seconds',
    "Requests and how long their answers took to make, by the route's template.",
    SECONDS,
  )
  const routeOf = routeFinder(routes.map(({ path }) => path))

  const partOf = (route: Route, method: string, status: number): Spread => {
    const known = route.parts.get(method)?.get(status)
    if (known !== undefined) return known
    const label = METHODS.has(method) ? method : NO_METHOD
    const byStatus = route.parts.get(label) ?? new Map<number, Spread>()
    const part = durations({ route: route.template, method: label, status: String(status) })
    route.parts.set(label, byStatus.set(status, part))
    return part
  }

  return ({ url, method }, status, startedMs) => {
    const seconds = (performance.now() - startedMs) / 1_000
    partOf(routeOf(url), method, status).observe(seconds)
  }
}

function routeFinder(paths: readonly string[]): (url: string) => Route {
  const templates = [...new Set(paths)].map((template): Route => ({ template, parts: new Map() }))
  const isFixed = ({ template }: Route) => !template.includes(':')
  const fixed = new Map(templates.filter(isFixed).map((route) => [route.template, route]))
  const withParameters = templates
    .filter((route) => !isFixed(route))
    .map((route) => ({ route, pattern: new RegExp(`^${route.template.replace(/:[^/]+/g, '[^/]+')}$`) }))
  const none: Route = { template: NO_ROUTE, parts: new Map() }

  return (url) => {
    const start = url.indexOf('/', HOST_START)
    const end = url.indexOf('?', start)
    const path = end === -1 ? url.slice(start) : url.slice(start, end)
    return fixed.get(path) ?? withParameters.find(({ pattern }) => pattern.test(path))?.route ?? none
  }
}
