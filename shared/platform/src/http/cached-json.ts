import { nextPageLink } from './list-pages.ts'

/**
 * Answers with a value as JSON and caches the bytes for as long as the same object is returned:
 * cached and coalesced values are read far more often than they change. The answer is a `Response`,
 * typed as what it shows, so that a route's handler is held to its documented answer.
 */
export function cachedJson<Value extends object, View>(view: (value: Value) => View) {
  // A `Blob` is shared by all its answers, where bytes are copied for each. Above 15 KB Bun 1.4.5
  // also sends it in fewer system calls (measured; oven-sh/bun#41341).
  const bodies = new WeakMap<Value, Blob>()
  return (value: Value, headers: Record<string, string> = {}): View => {
    let body = bodies.get(value)
    if (body === undefined) {
      body = new Blob([JSON.stringify(view(value))])
      bodies.set(value, body)
    }
    return new Response(body, {
      headers: { 'content-type': 'application/json', ...headers },
    }) as View
  }
}

/** The same for a page of the list at `path`. */
export function cachedJsonPage<Item, View>(path: string, view: (item: Item) => View) {
  const answer = cachedJson((items: readonly Item[]) => items.map(view))
  return (items: readonly Item[], requestUrl: string, nextCursor: string | undefined): View[] =>
    answer(
      items,
      nextCursor === undefined ? {} : { link: nextPageLink(path, requestUrl, nextCursor) },
    )
}
