import type { SportingEvent } from '@bets/domain/event'
import { toLineEvent } from '@bets/domain/line-event'
import {
  type OpenEventPosition,
  OpenEvents,
  readOpenEventsCursor,
  writeOpenEventsCursor,
} from '@bets/domain/open-events'
import { cachedJsonPage } from '@bets/platform/http/cached-json'
import { LINK } from '@bets/platform/http/list-pages'
import type { Guard } from '@bets/platform/http/route'
import { parseAt } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import type { listOpenEvents } from '../application/list-open-events.ts'
import { route } from './route.ts'
import { OpenEventsQuery } from './schemas.ts'

const DEFAULT_LIMIT = 1_000

export interface EventUseCases {
  listOpenEvents: ReturnType<typeof listOpenEvents>
}

/** `GET /events`: the open events, as line-provider shows them. */
export function eventController(guard: Guard, { listOpenEvents }: EventUseCases) {
  const answer = cachedJsonPage('/events', toLineEvent)
  return new Elysia({ tags: ['Events'] })
    .use(guard)
    .model({ OpenEvents })
    .get(
      '/events',
      async ({ query: { limit, cursor }, request }) => {
        const after =
          cursor === undefined
            ? undefined
            : parseAt('/query/cursor', () => readOpenEventsCursor(cursor))
        const { items, next } = pageOf(
          await listOpenEvents(),
          after,
          Number(limit ?? DEFAULT_LIMIT),
        )
        return answer(items, request.url, next && writeOpenEventsCursor(next))
      },
      route({
        access: 'open',
        operationId: 'listOpenEvents',
        summary: 'List the events open to bets',
        description:
          'Read from line-provider and cached for a second. The next page is in the Link header.',
        query: OpenEventsQuery,
        answers: { 200: 'OpenEvents' },
        answerHeaders: [LINK],
        problems: ['LINE_UNAVAILABLE'],
      }),
    )
}

function pageOf(
  events: readonly SportingEvent[],
  after: OpenEventPosition | undefined,
  limit: number,
) {
  // The list object itself, so that its cached JSON is reused.
  if (after === undefined && events.length <= limit) return { items: events, next: undefined }
  const found = after === undefined ? -1 : events.findIndex((event) => isBeyond(event, after))
  const start = after === undefined ? 0 : found === -1 ? events.length : found
  const items = events.slice(start, start + limit)
  return { items, next: start + limit < events.length ? items.at(-1) : undefined }
}

/** In the order of the list: by deadline, then by id in byte order. */
function isBeyond(event: OpenEventPosition, after: OpenEventPosition): boolean {
  return event.deadline === after.deadline
    ? event.eventId > after.eventId
    : event.deadline > after.deadline
}
