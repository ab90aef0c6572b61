import { query, retryRefused } from '@bets/shared/runtime/database'
import type { Sql } from 'postgres'
import type { Feed } from '../application/ports.ts'
import { type EventRow, toLineEvent } from './event.repository.ts'

interface FeedRow {
  feed_id: string
  last_seq: number
}

export function createFeed(sql: Sql): Feed {
  return {
    async number() {
      const [row] = await retryRefused(() =>
        query(sql<[{ numbered: number }]>`select number_changes() as numbered`),
      )
      return row.numbered
    },

    async readAfter(seq, limit) {
      // One statement, so one snapshot: reading what is numbered alone would miss an event that was changed again,
      // and so unnumbered again, since the numbering.
      const rows = await query(sql<(FeedRow & (EventRow | { event_id: null }))[]>`
        select feed.feed_id, feed.last_seq, page.*
        from feed left join lateral (
          (select * from events where seq > ${seq} order by seq limit ${limit})
          union all
          (select * from events where seq is null order by event_id limit ${limit})
          order by seq nulls last limit ${limit}
        ) page on true`)
      const [{ feed_id, last_seq }] = rows as unknown as [FeedRow]
      const items = rows.flatMap((row) =>
        row.event_id === null ? [] : [{ seq: row.seq, event: toLineEvent(row) }],
      )
      return { feedId: feed_id, lastSeq: last_seq, items }
    },

    async hasNews(seq) {
      const [row] = await query(sql<[{ news: boolean }]>`
        select last_seq > ${seq} or exists (select from events where seq is null) as news from feed`)
      return row.news
    },
  }
}
