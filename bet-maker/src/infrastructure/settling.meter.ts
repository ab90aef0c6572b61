import { type Metrics, SECONDS } from '@bets/platform/metrics/metrics'
import { query } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { settleOwed } from '../application/settle-owed.ts'

type Settle = ReturnType<typeof settleOwed>

/** As many as one round of settling handles, so that a scrape stays cheap. */
const MAX_COUNTED = 10_000

/** Measures settling: what is owed, from the table and its clock, and this process's rounds. */
export function meterSettling(metrics: Metrics, sql: Sql, settle: Settle): Settle {
  const bets = metrics.counter('bets_settled_total', 'Bets that were settled, voided or corrected.')
  const events = metrics.counter('bets_settled_events_total', 'Events whose bets were settled.')
  const durations = metrics.histogram(
    'bets_settling_duration_seconds',
    'Rounds of settling that had something to do, the wait for placements included.',
    SECONDS,
  )
  const failed = metrics.counter('bets_settling_failed_total', 'Rounds of settling that failed.')
  meterOwed(metrics, sql)

  return async (stop) => {
    const startedMs = performance.now()
    try {
      const done = await settle(stop)
      if (done.events > 0) durations.observe((performance.now() - startedMs) / 1_000)
      bets.inc(done.bets)
      events.inc(done.events)
      return done
    } catch (error) {
      failed.inc()
      throw error
    }
  }
}

function meterOwed(metrics: Metrics, sql: Sql): void {
  metrics.reading(
    {
      bets_owed_settlements: `Events whose bets are owed a settlement, at most ${MAX_COUNTED}.`,
      bets_owed_settlements_oldest_seconds:
        `How long the oldest of them is owed; looks at the first ${MAX_COUNTED} by id. ` +
        '0 when none is owed.',
    },
    async () => {
      const [{ owed, oldest }] = await query(sql<[{ owed: number; oldest: number }]>`
        select count(*)::integer as owed,
               coalesce(extract(epoch from clock_timestamp() - min(applied_at)), 0)
                 ::double precision as oldest
        from (select applied_at from line_events where settled_version < state_version
              order by event_id limit ${MAX_COUNTED}) behind`)
      return { bets_owed_settlements: owed, bets_owed_settlements_oldest_seconds: oldest }
    },
  )
}
