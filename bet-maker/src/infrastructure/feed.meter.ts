import { type Metrics, SECONDS } from '@bets/platform/metrics/metrics'
import type { Freshness, LineClock } from '../application/feed-ports.ts'
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

/** Counts the ends of events that void no bet. */
export function meterUnknownEnds(metrics: Metrics): (changes: readonly unknown[]) => void {
  const counter = metrics.counter(
    'bets_unknown_ends_total',
    'Ends of events that are not known by the clock of bet_db: bets placed after them stand.',
  )
  return (changes) => counter.inc(changes.length)
}

/** Shows how far line_db's clock is ahead of bet_db's, and how well that is known. */
export function meterLineClock(metrics: Metrics, clock: LineClock): void {
  metrics.reading(
    {
      bets_line_clock_known: "Whether bet_db knows how far line_db's clock is ahead: 1 or 0.",
      bets_line_clock_ahead_seconds: "How far line_db's clock is ahead of bet_db's.",
      bets_line_clock_uncertainty_seconds:
        'How far that may be wrong, either way: bets that are late by less are not void.',
    },
    async () => {
      const { aheadS, withinS } = await clock.read()
      return {
        bets_line_clock_known: aheadS === null ? 0 : 1,
        bets_line_clock_ahead_seconds: aheadS,
        bets_line_clock_uncertainty_seconds: withinS,
      }
    },
  )
}

/** Times feed syncs by their outcome. One that is cut short because the process stops is failed. */
export function meterFeedSyncs(metrics: Metrics, sync: SyncFeed): SyncFeed {
  const durations = metrics.histogram(
    'bets_feed_sync_duration_seconds',
    'Feed syncs: complete, overtaken by another one, started_over, clock_set, or failed.',
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
