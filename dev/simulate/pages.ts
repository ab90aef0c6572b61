import { retryAfterMs } from '../traffic/client.ts'
import type { Wire } from './wire.ts'

const ATTEMPTS = 3

/**
 * All pages of a list, by their `Link` headers. Yields undefined and ends when a page could not be
 * read. `token` is sent with each request.
 */
export async function* pages<T>(
  wire: Wire,
  url: string,
  path: string,
  token?: string | undefined,
): AsyncGenerator<readonly T[] | undefined> {
  let next: string | undefined = path
  for (let attempt = 1; next !== undefined; attempt++) {
    const { answer } = await wire.send('GET', url + next, { token })
    if (answer?.status === 200 && Array.isArray(answer.body)) {
      yield answer.body
      next = /^<(\/[^>]*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
      attempt = 0
    } else if (attempt === ATTEMPTS) return yield undefined
    else await Bun.sleep(retryAfterMs(answer))
  }
}
