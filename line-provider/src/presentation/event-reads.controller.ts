import { LineEvent, toLineEvent } from '@bets/domain/line-event'
import { OpenEvents, readOpenEventsCursor, writeOpenEventsCursor } from '@bets/domain/open-events'
import { cachedJsonPage } from '@bets/platform/http/cached-json'
import { LINK } from '@bets/platform/http/list-pages'
import type { Guard } from '@bets/platform/http/route'
import { NoQuery, parseAt } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import type { getEvent, listOpenEvents } from '../application/read-events.ts'
import { route } from './route.ts'
import { EventParams, OpenEventsQuery } from './schemas.ts'

export interface EventReads {
  getEvent: ReturnType<typeof getEvent>
  listOpenEvents: ReturnType<typeof listOpenEvents>
}

/** `GET /event/{event_id}`, `GET /events`. */
export function eventReadsController(guard: Guard, { getEvent, listOpenEvents }: EventReads) {
  const answer = cachedJsonPage('/events', toLineEvent)
  return new Elysia({ tags: ['Events'] })
    .use(guard)
    .model({ Event: LineEvent, OpenEvents })
    .get(
      '/event/:event_id',
      async ({ params }) => toLineEvent(await getEvent(params.event_id)),
      route({
        access: 'open',
        operationId: 'getEvent',
        summary: 'Show an event',
        params: EventParams,
        query: NoQuery,
        answers: { 200: 'Event' },
        problems: ['EVENT_NOT_FOUND', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
      }),
    )
    .get(
      '/events',
      async ({ query: { limit, cursor }, request }) => {
        const after =
          cursor === undefined
            ? undefined
            : parseAt('/query/cursor', () => readOpenEventsCursor(cursor))
        const { items, next } = await listOpenEvents(after, Number(limit ?? 1000))
        return answer(items, request.url, next && writeOpenEventsCursor(next))
      },
      route({
        access: 'open',
        operationId: 'listOpenEvents',
        summary: 'List the open events',
        description: 'The next page is in the Link header.',
        query: OpenEventsQuery,
        answers: { 200: 'OpenEvents' },
        answerHeaders: [LINK],
        problems: ['OVERLOADED', 'DATABASE_UNAVAILABLE'],
      }),
    )
}
