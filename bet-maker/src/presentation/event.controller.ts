import { ValidationFailedError } from '@bets/shared/domain/errors'
import type { LineEvent } from '@bets/shared/domain/event'
import { problems } from '@bets/shared/http/openapi'
import { nextPageLink } from '@bets/shared/http/pages'
import { Elysia } from 'elysia'
import type { listOpenEvents } from '../application/list-open-events.ts'
import { EventsQuery, OpenEvents } from './schemas.ts'

export interface EventUseCases {
  listOpenEvents: ReturnType<typeof listOpenEvents>
}

const CURSOR = /^(0|[1-9][0-9]{0,11})\.([A-Za-z0-9][A-Za-z0-9._:-]{0,63})$/

export function eventController({ listOpenEvents }: EventUseCases) {
  return new Elysia({ tags: ['Events'] }).model({ OpenEvents }).get(
    '/events',
    async ({ query: { limit, cursor }, request, set }) => {
      const after = cursor === undefined ? undefined : readCursor(cursor)
      const events = await listOpenEvents()
      const { items, next } = pageOf(events, after, Number(limit ?? 1000))
      if (next) set.headers.link = nextPageLink(request.url, `${next.deadline}.${next.event_id}`)
      return items
    },
    {
      query: EventsQuery,
      response: 'OpenEvents',
      detail: {
        operationId: 'listOpenEvents',
        summary: 'List the events open to bets',
        description:
          'Asked of line-provider; an answer is kept for a second. The next page is in the Link header.',
        ...problems('LINE_UNAVAILABLE'),
      },
    },
  )
}

type Position = Pick<LineEvent, 'deadline' | 'event_id'>

function pageOf(events: readonly LineEvent[], after: Position | undefined, limit: number) {
  const found = after === undefined ? -1 : events.findIndex((event) => isBeyond(event, after))
  const start = after === undefined ? 0 : found === -1 ? events.length : found
  const items = events.slice(start, start + limit)
  return { items, next: start + limit < events.length ? items.at(-1) : undefined }
}

/** In the order of the list: by deadline, then by id in byte order. */
function isBeyond(event: Position, after: Position): boolean {
  return event.deadline === after.deadline ? event.event_id > after.event_id : event.deadline > after.deadline
}

function readCursor(cursor: string): Position {
  const [, deadline, eventId] = CURSOR.exec(cursor) ?? []
  if (deadline === undefined || eventId === undefined)
    throw new ValidationFailedError([
      { path: '/query/cursor', message: 'must be a cursor that this list gave out' },
    ])
  return { deadline: Number(deadline), event_id: eventId }
}
