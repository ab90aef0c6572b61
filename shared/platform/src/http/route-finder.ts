/** The route of requests that have none; a label of metrics, so clients must not invent values. */
export const NO_ROUTE = 'none'
/** The length of `http://`: the path begins after it. */
const HOST_START = 7

/** Finds the template of a URL's route, such as `/bets/:id`; `NO_ROUTE` without one. */
export function routeFinder(paths: readonly string[]): (url: string) => string {
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
