import { Changes, LINE_TIME_HEADER, VERSION_BASE_HEADER } from '@bets/domain/feed'
import { toLineEvent } from '@bets/domain/line-event'
import { cachedJson } from '@bets/platform/http/cached-json'
import type { Guard } from '@bets/platform/http/route'
import { Elysia } from 'elysia'
import type { listChanges } from '../application/list-changes.ts'
import { readFeedCursor, writeFeedCursor } from './feed-cursor.ts'
import { route } from './route.ts'
import { ChangesQuery } from './schemas.ts'

export interface FeedUseCases {
  listChanges: ReturnType<typeof listChanges>
}

/** `GET /events/changes`, which bet-maker follows to keep its copy of the line complete. */
export function feedController(guard: Guard, { listChanges }: FeedUseCases) {
  const answer = cachedJson(({ items, cursor }: Awaited<ReturnType<typeof listChanges>>) => ({
    items: items.map(toLineEvent),
    cursor: writeFeedCursor(cursor),
  }))
  return new Elysia({ tags: ['Feed'] })
    .use(guard)
    .model({ Changes })
    .get(
      '/events/changes',
      async ({ query: { after, limit } }) => {
        const position = after === undefined ? undefined : readFeedCursor(after)
        const page = await listChanges(position, Number(limit ?? 1000))
        return answer(page, {
          [VERSION_BASE_HEADER]: String(page.versionBase),
          [LINE_TIME_HEADER]: page.lineTime,
        })
      },
      route({
        access: 'open',
        operationId: 'listChanges',
        summary: 'Follow the changes of the line',
        description:
          'Everything committed before the call is on its pages. An event may appear again on a ' +
          'later page. The last page has fewer than `limit` items. All versions of this line are ' +
          'above the number in the header `Line-Version-Base`. It rises when a backup is ' +
          'restored, and every earlier version at or below it is void. The header `Line-Time` is ' +
          "the database's clock as the page was read.",
        query: ChangesQuery,
        answers: { 200: 'Changes' },
        problems: ['CURSOR_EXPIRED', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
      }),
    )
}
