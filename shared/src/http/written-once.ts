import { nextPageLink } from './pages.ts'

/**
 * Answers with a list as JSON, written out once for all who are given the same list object: a list that is kept or shared
 * is asked for far more often than it changes.
 */
export function writtenOnce<Item>(view: (item: Item) => unknown) {
  const bodies = new WeakMap<readonly Item[], Uint8Array>()
  return (items: readonly Item[], requestUrl: string, nextCursor: string | undefined): Response => {
    let body = bodies.get(items)
    if (body === undefined) {
      body = new TextEncoder().encode(JSON.stringify(items.map(view)))
      bodies.set(items, body)
    }
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (nextCursor !== undefined) headers.link = nextPageLink(requestUrl, nextCursor)
    return new Response(body, { headers })
  }
}
