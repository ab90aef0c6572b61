import { Coefficient } from '@bets/domain/coefficient'
import { LineEvent, parseReason } from '@bets/domain/event'
import { OpenEvents, readOpenEventsCursor, writeOpenEventsCursor } from '@bets/domain/open-events'
import type { RequestOrigin } from '@bets/domain/request-origin'
import { needsToken } from '@bets/platform/http/access'
import { nextPageLink } from '@bets/platform/http/list-pages'
import { answers, problems } from '@bets/platform/http/openapi'
import { originOf } from '@bets/platform/http/request-id'
import { NoQuery, parseAt } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import type { Static } from 'typebox'
import type { putEvent } from '../application/put-event.ts'
import type { getEvent, listOpenEvents } from '../application/read-events.ts'
import type { EventChange } from '../domain/event-change.ts'
import { EventChangeBody, EventParams, OpenEventsQuery } from './schemas.ts'

export interface EventUseCases {
  putEvent(change: EventChange, origin: RequestOrigin): ReturnType<ReturnType<typeof putEvent>>
  getEvent: ReturnType<typeof getEvent>
  listOpenEvents: ReturnType<typeof listOpenEvents>
}

/** `PUT /event`, `GET /event/{event_id}`, `GET /events`. */
export function eventController({ putEvent, getEvent, listOpenEvents }: EventUseCases) {
  return new Elysia({ tags: ['Events'] })
    .model({ Event: LineEvent, EventChange: EventChangeBody, OpenEvents })
    .put(
      '/event',
      async ({ body, request, set }) => {
        const { outcome, event } = await putEvent(toChange(body), originOf(request, set.headers))
        set.status = outcome === 'created' ? 201 : 200
        return event
      },
      {
        body: 'EventChange',
        query: NoQuery,
        detail: {
          operationId: 'putEvent',
          summary: 'Create an event or change it',
          description:
            'An event ends by its state. To move an ended event to another state is a correction and needs a reason.',
          ...needsToken,
          ...answers({ 200: 'Event', 201: 'Event' }),
          ...problems('ILLEGAL_TRANSITION', 'EVENT_ENDED', 'OVERLOADED', 'DATABASE_UNAVAILABLE'),
        },
      },
    )
    .get('/event/:event_id', ({ params }) => getEvent(params.event_id), {
      params: EventParams,
      query: NoQuery,
      detail: {
        operationId: 'getEvent',
        summary: 'Show an event',
        ...answers({ 200: 'Event' }),
        ...problems('EVENT_NOT_FOUND', 'DATABASE_UNAVAILABLE'),
      },
    })
    .get(
      '/events',
      async ({ query: { limit, cursor }, request, set }) => {
        const after =
          cursor === undefined
            ? undefined
            : parseAt('/query/cursor', () => readOpenEventsCursor(cursor))
        const { items, next } = await listOpenEvents(after, Number(limit ?? 1000))
        if (next) set.headers.link = nextPageLink(request.url, writeOpenEventsCursor(next))
        return items
      },
      {
        query: OpenEventsQuery,
        detail: {
          operationId: 'listOpenEvents',
          summary: 'List the open events',
          description: 'The next page is in the Link header.',
          ...answers({ 200: 'OpenEvents' }, ['Link']),
          ...problems('DATABASE_UNAVAILABLE'),
        },
      },
    )
}

function toChange(body: Static<typeof EventChangeBody>): EventChange {
  const { event_id, coefficient, reason, ...rest } = body
  const change: EventChange = { eventId: event_id, ...rest }
  if (coefficient !== undefined)
    change.coefficient = parseAt('/body/coefficient', () => Coefficient.parse(coefficient))
  if (reason !== undefined) change.reason = parseAt('/body/reason', () => parseReason(reason))
  return change
}
