import { query, retryRefused } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { FeedSyncs, Freshness, LineClock } from '../application/feed-ports.ts'

/** How many events one statement of `suspendUnlisted` reads. */
const SUSPEND_CHUNK = 5_000

/** How many heard events a feed sync remembers: as many as change between two of them. */
const MAX_HEARD = 10_000

/** How many events a feed sync asks line-provider for, one by one. */
const MAX_UNLISTED = 1_000

interface PositionRow {
  /** The number of the feed sync, under the column's old name. */
  pass: number
  cursor: string | null
  version_base: number
  began_at: string
  /** Versions by event. */
  heard: Record<string, number> | null
}

/** The feed sync's state in the one row of `feed_position`; each method is one statement. */
export function createFeedSyncs(sql: Sql): FeedSyncs {
  return {
    async begin() {
      const [row] = await query(sql<[PositionRow]>`
        select pass, cursor, version_base, clock_timestamp() as began_at, (
          select json_object_agg(event_id, version) from (
            select event_id, version from line_events where heard
            order by event_id limit ${MAX_HEARD}
          ) heard
        ) as heard
        from feed_position`)
      return {
        number: row.pass,
        cursor: row.cursor ?? undefined,
        versionBase: row.version_base,
        beganAt: row.began_at,
        heard: new Map(Object.entries(row.heard ?? {})),
      }
    },

    async measureLineClock({ beganAt }, lineTime) {
      const [row] = await retryRefused(() =>
        query(sql<[{ agrees: boolean }]>`
          select measure_line_clock(${beganAt}::timestamptz, ${lineTime}::timestamptz) as agrees`),
      )
      return row.agrees
    },

    async raiseVersionBase(base) {
      await query(sql`select raise_version_base(${base}::bigint)`)
    },

    async markListed({ beganAt }, eventIds) {
      const ids = JSON.stringify(eventIds)
      await retryRefused(() =>
        query(sql`select mark_listed(${beganAt}::timestamptz, ${ids}::text)`),
      )
    },

    async suspendUnlisted({ number, beganAt }, after) {
      const [row] = await retryRefused(() =>
        query(sql<[{ last: string | null }]>`
          select suspend_unlisted(
            ${number}::bigint, ${beganAt}::timestamptz, ${after}::text, ${SUSPEND_CHUNK}::integer
          ) as last`),
      )
      return row.last ?? undefined
    },

    async unlisted({ beganAt }) {
      const rows = await query(sql<{ event_id: string }[]>`
        select event_id from line_events
        where heard and applied_at < ${beganAt}::timestamptz
        order by event_id limit ${MAX_UNLISTED + 1}`)
      const eventIds = rows.slice(0, MAX_UNLISTED).map(({ event_id }) => event_id)
      return { eventIds, more: rows.length > MAX_UNLISTED }
    },

    async complete({ number, beganAt }, cursor, lineTime) {
      const [row] = await retryRefused(() =>
        query(sql<[{ stored: boolean }]>`
          select complete_feed_sync(
            ${number}::bigint, ${beganAt}::timestamptz, ${cursor}::text,
            ${lineTime ?? null}::timestamptz
          ) as stored`),
      )
      return row.stored
    },

    async startOver({ number }) {
      await query(sql`select start_feed_over(${number}::bigint)`)
    },
  }
}

/** The age of the latest complete feed sync, by the clock of `bet_db`. */
export function createFreshness(sql: Sql): Freshness {
  return {
    async feedAgeMs() {
      const [row] = await query(sql<[{ age_ms: number | null }]>`
        select (extract(epoch from clock_timestamp() - fresh_at) * 1000)::double precision as age_ms
        from feed_position`)
      return row.age_ms
    },
  }
}

/** How far the clocks of the two databases are apart, as the feed syncs have measured it. */
export function createLineClock(sql: Sql): LineClock {
  return {
    async read() {
      const [{ ahead_us, within_us }] = await query(
        sql<[{ ahead_us: number | null; within_us: number | null }]>`
          select line_offset_us as ahead_us,
                 line_offset_within_us(f, clock_timestamp()) as within_us
          from feed_position f`,
      )
      const inSeconds = (us: number | null) => (us === null ? null : us / 1_000_000)
      return { aheadS: inSeconds(ahead_us), withinS: inSeconds(within_us) }
    },
  }
}
