import { nextPageLink } from './list-pages.ts'

/**
 * From here on Bun (1.4.5) sends an answer that was awaited in some fifteen pieces, one system call
 * for each word of its head: a page of 20 KB was answered 11,000 times a second. As a stream it is
 * two: 57,000 (oven-sh/bun#41341 mends it).
 */
const SENT_IN_PIECES_BYTES = 15 * 1024

/**
 * Answers with a value as JSON, written out once for all who are given the same object: what is
 * kept or shared is asked for far more often than it changes.
 */
export function cachedJson<Value extends object>(view: (value: Value) => unknown) {
  const bodies = new WeakMap<Value, Uint8Array<ArrayBuffer>>()
  return (value: Value, headers: Record<string, string> = {}): Response => {
    let body = bodies.get(value)
    if (body === undefined) {
      body = new TextEncoder().encode(JSON.stringify(view(value)))
      bodies.set(value, body)
    }
    return new Response(body.length < SENT_IN_PIECES_BYTES ? body : streamOf(body), {
      headers: { 'content-type': 'application/json', ...headers },
    })
  }
}

/** The same for a page of a list. */
export function cachedJsonPage<Item>(view: (item: Item) => unknown) {
  const answer = cachedJson((items: readonly Item[]) => items.map(view))
  return (items: readonly Item[], requestUrl: string, nextCursor: string | undefined): Response =>
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
