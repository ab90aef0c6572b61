import { query, retryRefused } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { RelayLease } from '../application/ports.ts'

/** The lease in the one row of `relay_lease`. */
export function createRelayLease(sql: Sql): RelayLease {
  return {
    async hold(holder, leaseMs) {
      const [row] = await retryRefused(() =>
        query(sql<[{ published: number | null }]>`
          select hold_relay_lease(${holder}::text, ${leaseMs}::integer) as published`),
      )
      return row.published ?? undefined
    },

    async advance(holder, seq) {
      const [row] = await retryRefused(() =>
        query(sql<[{ at_ms: number | null }]>`
          select advance_relay_lease(${holder}::text, ${seq}::bigint) as at_ms`),
      )
      return row.at_ms ?? undefined
    },

    async release(holder) {
      await query(sql`select release_relay_lease(${holder}::text)`)
    },
  }
}
