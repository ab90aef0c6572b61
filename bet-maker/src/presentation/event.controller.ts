import type { LineEvent } from '@bets/shared/domain/event'
import {
  type OpenEventPosition,
  OpenEvents,
  OpenEventsQuery,
  readOpenEventsCursor,
  writeOpenEventsCursor,
} from '@bets/shared/http/open-events'
import { answers, problems } from '@bets/shared/http/openapi'
import { nextPageLink } from '@bets/shared/http/pages'
import { Elysia } from 'elysia'
import type { listOpenEvents } from '../application/list-open-events.ts'

const DEFAULT_LIMIT = 1_000

export interface EventUseCases {
  listOpenEvents: ReturnType<typeof listOpenEvents>
}

export function eventController({ listOpenEvents }: EventUseCases) {
  const firstPages = new WeakMap<readonly LineEvent[], () => Response>()

  /** What most ask for, written out once for as long as the list is kept. */
  const firstPage = (events: readonly LineEvent[], requestUrl: string): Response => {
    let answer = firstPages.get(events)
    if (answer === undefined) {
      const { items, next } = pageOf(events, undefined, DEFAULT_LIMIT)
      const body = new TextEncoder().encode(JSON.stringify(items))
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (next) headers.link = nextPageLink(requestUrl, writeOpenEventsCursor(next))
      answer = () => new Response(body, { headers })
      firstPages.set(events, answer)
    }
    return answer()
  }

  return new Elysia({ tags: ['Events'] }).model({ OpenEvents }).get(
    '/events',
    async ({ query: { limit, cursor }, request, set }) => {
      const after = cursor === undefined ? undefined : readOpenEventsCursor(cursor)
      const events = await listOpenEvents()
      if (after === undefined && limit === undefined) return firstPage(events, request.url)
      const { items, next } = pageOf(events, after, Number(limit ?? DEFAULT_LIMIT))
      if (next) set.headers.link = nextPageLink(request.url, writeOpenEventsCursor(next))
      return items
    },
    {
      query: OpenEventsQuery,
      detail: {
        operationId: 'listOpenEvents',
        summary: 'List the events open to bets',
        description:
          'Asked of line-provider; an answer is kept for a second. The next page is in the Link header.',
        ...answers({ 200: 'OpenEvents' }),
        ...problems('LINE_UNAVAILABLE'),
      },
    },
  )
}

function pageOf(events: readonly LineEvent[], after: OpenEventPosition | undefined, limit: number) {
  const found = after === undefined ? -1 : events.findIndex((event) => isBeyond(event, after))
  const start = after === undefined ? 0 : found === -1 ? events.length : found
  const items = events.slice(start, start + limit)
  return { items, next: start + limit < events.length ? items.at(-1) : undefined }
}

/** In the order of the list: by deadline, then by id in byte order. */
function isBeyond(event: OpenEventPosition, after: OpenEventPosition): boolean {
  return event.deadline === after.deadline ? event.event_id > after.event_id : event.deadline > after.deadline
}
