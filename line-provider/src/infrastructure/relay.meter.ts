import type { SportingEvent } from '@bets/domain/event'
import { type Metrics, SECONDS } from '@bets/platform/metrics/metrics'
import { query } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'

/** The most unnumbered changes that one scrape counts. */
const MAX_COUNTED = 10_000

/**
 * Measures the relay: what this process publishes, and the backlog of whichever process holds the
 * lease. Returns the callback for each published window.
 */
export function meterRelay(
  metrics: Metrics,
  sql: Sql,
): (events: readonly SportingEvent[], atMs: number) => void {
  const published = metrics.counter(
    'bets_relay_published_total',
    'Changes that the broker has confirmed.',
  )
  const lags = metrics.histogram(
    'bets_change_lag_seconds',
    "From the change of an event to the broker's confirm being noted, both by line_db's clock.",
    SECONDS,
  )
  meterBacklog(metrics, sql)
  return (events, atMs) => {
    published.inc(events.length)
    for (const { changedAt } of events)
      lags.observe(Math.max(0, atMs - Date.parse(changedAt)) / 1_000)
  }
}

/** Shows whether this process holds the lease. */
export function meterRelayHolder(metrics: Metrics, relay: { readonly holding: boolean }): void {
  metrics.gauge('bets_relay_holder', '1 while this process is the one that publishes.', () =>
    relay.holding ? 1 : 0,
  )
}

function meterBacklog(metrics: Metrics, sql: Sql): void {
  metrics.reading(
    {
      bets_relay_backlog: 'Numbered changes that are not noted as published.',
      bets_relay_unnumbered: `Changes that have no number yet, at most ${MAX_COUNTED}.`,
    },
    async () => {
      const { backlog, unnumbered } = await readBacklog(sql)
      return { bets_relay_backlog: backlog, bets_relay_unnumbered: unnumbered }
    },
  )
}

/** How many changes the relay has still to publish: those with a number, and those without. */
export async function readBacklog(sql: Sql): Promise<{ backlog: number; unnumbered: number }> {
  const [row] = await query(sql<[{ backlog: number; unnumbered: number }]>`
    select greatest(0, feed.last_seq - relay_lease.published_seq) as backlog,
           (select count(*) from (
              select from events where seq is null limit ${MAX_COUNTED}) waiting) as unnumbered
    from feed, relay_lease`)
  return row
}
