import { query, retryRefused } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { RelayLease } from '../application/ports.ts'

/** The lease in the one row of `relay_lease`. */
export function createRelayLease(sql: Sql): RelayLease {
  return {
    async hold(holder, leaseMs) {
      const [row] = await retryRefused(() =>
        query(sql<{ published_seq: number }[]>`
          update relay_lease
          set holder = ${holder},
              lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
          where holder is null or holder = ${holder} or lease_until < clock_timestamp()
          returning published_seq`),
      )
      return row?.published_seq
    },

    async advance(holder, seq) {
      const [row] = await retryRefused(() =>
        query(sql<{ at_ms: number }[]>`
          update relay_lease set published_seq = ${seq}
          where holder = ${holder} and published_seq <= ${seq}
          returning (extract(epoch from clock_timestamp()) * 1000)::double precision as at_ms`),
      )
      return row?.at_ms
    },

    async release(holder) {
      await query(
        sql`update relay_lease set holder = null, lease_until = null where holder = ${holder}`,
      )
    },
  }
}
