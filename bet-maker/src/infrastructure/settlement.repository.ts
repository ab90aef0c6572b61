import { query, retryRefused, sqlState } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { Settlements } from '../application/ports.ts'
import type { CountEntries } from './account.meter.ts'

/** The most events that one round of settling handles. */
const MAX_OWED = 10_000
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Settlements are owed in `line_events`; the SQL functions settle them. `countEntries` gets what
 * that writes to the ledger.
 */
export function createSettlements(sql: Sql, countEntries?: CountEntries): Settlements {
  return {
    async owed() {
      const rows = await query(sql<{ event_id: string; state_version: number; database: number }[]>`
        select event_id, state_version, this_database() as database from line_events
        where settled_version < state_version order by event_id limit ${MAX_OWED}`)
      return rows.map(({ event_id, state_version, database }) => ({
        eventId: event_id,
        stateVersion: state_version,
        database,
      }))
    },

    async awaitPlacements() {
      try {
        await query(sql`select await_placements()`)
        return true
      } catch (error) {
        if (sqlState(error) === LOCK_NOT_AVAILABLE) return false
        throw error
      }
    },

    async terminateStuckPlacements(minMs) {
      return query(sql`select * from terminate_stuck_placements(${minMs}::integer)`)
    },

    async settleChunk(events, after, size) {
      const ids = JSON.stringify(events.map(({ eventId }) => eventId))
      const [row] = await retryRefused(() =>
        query(sql<[ChunkRow]>`
          select * from settle_chunk(
            ${ids}::text, ${after.eventId}::text, ${after.betId}::bigint, ${size}::integer)`),
      )
      countEntries?.('payout', row.payouts)
      countEntries?.('refund', row.refunds)
      countEntries?.('correction', row.corrections)
      const last =
        row.last_event === null || row.last_id === null
          ? undefined
          : { eventId: row.last_event, betId: row.last_id }
      return { looked: row.looked, settled: row.settled, last }
    },

    async finish(events) {
      const settled = JSON.stringify(
        events.map(({ eventId, stateVersion, database }) => ({
          event_id: eventId,
          state_version: stateVersion,
          database,
        })),
      )
      await retryRefused(() => query(sql`select * from finish_settling(${settled}::text)`))
    },
  }
}

interface ChunkRow {
  looked: number
  settled: number
  last_event: string | null
  last_id: number | null
  payouts: number
  refunds: number
  corrections: number
}
