import { NO_ROUTE, routeFinder } from './route-finder.ts'

/** What we use of Bun's request. */
interface SentRequest {
  readonly url: string
  readonly headers: Headers
  /** Of the route that Bun's own router found. */
  readonly params?: Readonly<Record<string, string>>
}

/**
 * Decides whether the head of a request means the same to us as to a proxy in front of us. If not,
 * it is answered 400, as the HTTP server answers other malformed heads.
 *
 * Bun reads `\` in a path as `/` and resolves `.` and `..` before anybody sees the URL, so the app
 * would serve `/x\..\bets` as `/bets`, which rules of a proxy for `/bets` did not catch. Bun's own
 * router goes by the path as it was sent: where it found another `route` than the URL has, the path
 * was not sent as the app sees it.
 */
export function headChecker(paths: readonly string[]) {
  const routeOf = routeFinder(paths)
  return ({ url, headers, params }: SentRequest, route: string): boolean => {
    // Bun joins several Host headers with a comma.
    if (headers.get('host')?.includes(',')) return false
    if (route !== NO_ROUTE && !route.includes(':')) return true
    return routeOf(url) === route && !hasBackslash(params)
  }
}

function hasBackslash(params: SentRequest['params'] = {}): boolean {
  return Object.values(params).some((value) => value.includes('\\'))
}
