import { nextPageLink } from './list-pages.ts'

/**
 * Above this size Bun 1.4.5 sends an awaited answer in some fifteen pieces, one system call for
 * each part of its head: 11,000 answers of 20 KB a second, measured. As a stream it needs two
 * calls: 57,000 a second (fixed by oven-sh/bun#41341).
 */
const SENT_IN_PIECES_BYTES = 15 * 1024

/**
 * Answers with a value as JSON and caches the bytes for as long as the same object is returned:
 * cached and coalesced values are read far more often than they change. The answer is a `Response`,
 * typed as what it shows, so that a route's handler is held to its documented answer.
 */
export function cachedJson<Value extends object, View>(view: (value: Value) => View) {
  const bodies = new WeakMap<Value, Uint8Array<ArrayBuffer>>()
  return (value: Value, headers: Record<string, string> = {}): View => {
    let body = bodies.get(value)
    if (body === undefined) {
      body = new TextEncoder().encode(JSON.stringify(view(value)))
      bodies.set(value, body)
    }
    return new Response(body.length < SENT_IN_PIECES_BYTES ? body : streamOf(body), {
      headers: { 'content-type': 'application/json', ...headers },
    }) as View
  }
}

/** The same for a page of a list. */
export function cachedJsonPage<Item, View>(view: (item: Item) => View) {
  const answer = cachedJson((items: readonly Item[]) => items.map(view))
  return (items: readonly Item[], requestUrl: string, nextCursor: string | undefined): View[] =>
    answer(items, nextCursor === undefined ? {} : { link: nextPageLink(requestUrl, nextCursor) })
}

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}
