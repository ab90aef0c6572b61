import { type Metrics, SECONDS } from '@bets/platform/metrics/metrics'
import type { Freshness } from '../application/ports.ts'
import type { syncFeed } from '../application/sync-feed.ts'

type SyncFeed = ReturnType<typeof syncFeed>

/**
 * Shows how old bet-maker's copy of the line is, by its database's clock; absent until the first
 * feed sync is complete.
 */
export function meterFeedAge(metrics: Metrics, freshness: Freshness): void {
  metrics.reading(
    { bets_feed_age_seconds: 'Time since the latest complete feed sync began; absent: none yet.' },
    async () => {
      const ageMs = await freshness.feedAgeMs()
      return { bets_feed_age_seconds: ageMs === null ? null : ageMs / 1_000 }
    },
  )
}

/** Counts the events of the copy that the line has refuted. */
export function meterRefuted(metrics: Metrics): (refuted: readonly unknown[]) => void {
  const counter = metrics.counter(
    'bets_refuted_events_total',
    "Events of the copy that the line's feed has refuted and replaced.",
  )
  return (refuted) => counter.inc(refuted.length)
}

/** Times feed syncs by their outcome. One that is cut short because the process stops is failed. */
export function meterFeedSyncs(metrics: Metrics, sync: SyncFeed): SyncFeed {
  const durations = metrics.histogram(
    'bets_feed_sync_duration_seconds',
    'Feed syncs: complete, overtaken by another one, started_over, or failed.',
    SECONDS,
    ['outcome'],
  )
  return async (stop) => {
    const startedMs = performance.now()
    let outcome: Awaited<ReturnType<SyncFeed>> | 'failed' = 'failed'
    try {
      outcome = await sync(stop)
      return outcome
    } finally {
      durations.observe({ outcome }, (performance.now() - startedMs) / 1_000)
    }
  }
}
