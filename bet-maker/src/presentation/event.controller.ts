import type { SportingEvent } from '@bets/domain/event'
import { readOpenEventsCursor, writeOpenEventsCursor } from '@bets/domain/open-events'
import { cachedJsonPage } from '@bets/platform/http/cached-json'
import { LINK } from '@bets/platform/http/list-pages'
import type { Guard } from '@bets/platform/http/route'
import { parseAt } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import type { listOpenEvents } from '../application/list-open-events.ts'
import type { Limits } from '../domain/limits.ts'
import { OpenEvents, toOpenEventView } from './event-view.ts'
import { route } from './route.ts'
import { OpenEventsQuery } from './schemas.ts'

const DEFAULT_LIMIT = 1_000

export interface EventUseCases {
  listOpenEvents: ReturnType<typeof listOpenEvents>
}

/** `GET /events`: the open events, as line-provider shows them, with what may be staked. */
export function eventController(guard: Guard, { listOpenEvents }: EventUseCases, limits: Limits) {
  const answer = cachedJsonPage('/events', (event: SportingEvent) => toOpenEventView(event, limits))
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
        const { events, next } = await listOpenEvents(after, Number(limit ?? DEFAULT_LIMIT))
        return answer(events, request.url, next && writeOpenEventsCursor(next))
      },
      route({
        access: 'open',
        operationId: 'listOpenEvents',
        summary: 'List the events open to bets',
        description:
          'Read from line-provider; the first page is cached for a second. The next page is in ' +
          'the Link header.',
        query: OpenEventsQuery,
        answers: { 200: 'OpenEvents' },
        answerHeaders: [LINK],
        problems: ['LINE_UNAVAILABLE', 'OVERLOADED'],
      }),
    )
}
