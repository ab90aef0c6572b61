import { answers, problems } from '@bets/shared/http/openapi'
import { Elysia } from 'elysia'
import type { listChanges } from '../application/list-changes.ts'
import { readFeedCursor, writeFeedCursor } from './feed-cursor.ts'
import { Changes, ChangesQuery } from './schemas.ts'

export interface FeedUseCases {
  listChanges: ReturnType<typeof listChanges>
}

export function feedController({ listChanges }: FeedUseCases) {
  return new Elysia({ tags: ['Feed'] }).model({ Changes }).get(
    '/events/changes',
    async ({ query: { after, limit } }) => {
      const position = after === undefined ? undefined : readFeedCursor(after)
      const { items, cursor } = await listChanges(position, Number(limit ?? 1000))
      return { items, cursor: writeFeedCursor(cursor) }
    },
    {
      query: ChangesQuery,
      detail: {
        operationId: 'listChanges',
        summary: 'Follow the changes of the line',
        description:
          'Everything committed before the call is on its pages. An event may come again on a later one. The last page has fewer than `limit` items.',
        ...answers({ 200: 'Changes' }),
        ...problems('CURSOR_EXPIRED', 'DATABASE_UNAVAILABLE'),
      },
    },
  )
}
