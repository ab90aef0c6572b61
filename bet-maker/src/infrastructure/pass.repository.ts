import { query, retryRefused } from '@bets/shared/runtime/database'
import type { Sql } from 'postgres'
import type { Freshness, Passes } from '../application/ports.ts'

export function createPasses(sql: Sql): Passes {
  return {
    async note() {
      const [row] = await query(sql<[{ pass: number; cursor: string | null; began_at: string }]>`
        select pass, cursor, clock_timestamp() as began_at from feed_position`)
      return { pass: row.pass, cursor: row.cursor ?? undefined, beganAt: row.began_at }
    },

    async markListed(pass, eventIds) {
      await retryRefused(() => query(sql`select mark_listed(${pass}, ${JSON.stringify(eventIds)}::text)`))
    },

    async complete({ pass, cursor, beganAt }, newCursor) {
      const [row] = await retryRefused(() =>
        query(sql<[{ stored: boolean }]>`
          select complete_pass(${pass}, ${newCursor}, ${beganAt}::timestamptz, ${cursor === undefined}) as stored`),
      )
      return row.stored
    },

    async startOver({ pass }) {
      await query(sql`
        update feed_position set pass = ${pass} + 1, cursor = null, fresh_at = null where pass = ${pass}`)
    },
  }
}

export function createFreshness(sql: Sql): Freshness {
  return {
    async feedAgeMs() {
      const [row] = await query(sql<[{ age_ms: number | null }]>`
        select (extract(epoch from clock_timestamp() - fresh_at) * 1000)::double precision as age_ms
        from feed_position`)
      return row.age_ms === null ? null : Math.round(row.age_ms)
    },
  }
}
