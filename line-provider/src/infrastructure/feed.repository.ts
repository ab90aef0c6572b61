import { query, retryRefused } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { Feed } from '../application/ports.ts'
import { type EventRow, isoMoment, toEvent } from './event.repository.ts'

interface FeedRow {
  feed_id: string
  last_seq: number
  version_base: number
  line_time: string
  /** One JSON value, which is read faster than rows; null when the page is empty. */
  page: EventRow[] | null
}

/** The feed in `line_db`; each method is one statement. */
export function createFeed(sql: Sql): Feed {
  return {
    async number() {
      const [row] = await retryRefused(() =>
        query(sql<[{ numbered: number }]>`select number_changes() as numbered`),
      )
      return row.numbered
    },

    async readAfter(seq, limit) {
      // One statement, so one snapshot. Reading numbered events only would miss one that changed
      // after the numbering and is unnumbered again. These come again later, so any of them will
      // do: an order could make PostgreSQL sort them all.
      const [{ feed_id, last_seq, version_base, line_time, page }] = await query(sql<[FeedRow]>`
        select feed_id, last_seq, version_base, clock_timestamp() as line_time, (
          select json_agg(page order by seq nulls last, event_id) from (
            (select * from events where seq > ${seq} order by seq limit ${limit})
            union all
            (select * from events where seq is null limit ${limit})
            order by seq nulls last limit ${limit}
          ) page
        ) as page
        from feed`)
      const items = (page ?? []).map((row) => ({ seq: row.seq, event: toEvent(row) }))
      return {
        feedId: feed_id,
        lastSeq: last_seq,
        versionBase: version_base,
        lineTime: isoMoment(line_time),
        items,
      }
    },

    async hasNews(seq) {
      const [row] = await query(sql<[{ news: boolean }]>`
        select last_seq > ${seq} or exists (select from events where seq is null) as news
        from feed`)
      return row.news
    },
  }
}
