import { type Metrics, SECONDS } from '@bets/platform/metrics/metrics'
import type { Freshness } from '../application/ports.ts'
import type { syncFeed } from '../application/sync-feed.ts'

type Pass = ReturnType<typeof syncFeed>

/**
 * Shows how old bet-maker's knowledge of the line is, by its database's clock; absent when no pass
 * has ended yet.
 */
export function meterFeedAge(metrics: Metrics, freshness: Freshness): void {
  metrics.reading(
    { bets_feed_age_seconds: 'How long ago the latest complete pass began; absent: never.' },
    async () => {
      const ageMs = await freshness.feedAgeMs()
      return { bets_feed_age_seconds: ageMs === null ? null : ageMs / 1_000 }
    },
  )
}

/**
 * Measures the passes by how they end. One that is given up because the process stops counts as
 * failed.
 */
export function meterFeedSyncs(metrics: Metrics, pass: Pass): Pass {
  const durations = metrics.histogram(
    'bets_pass_duration_seconds',
    'FeedSyncs over the feed: complete, overtaken by another one, started_over, or failed.',
    SECONDS,
    ['outcome'],
  )
  return async (stop) => {
    const startedMs = performance.now()
    let outcome: Awaited<ReturnType<Pass>> | 'failed' = 'failed'
    try {
      outcome = await pass(stop)
      return outcome
    } finally {
      durations.observe({ outcome }, (performance.now() - startedMs) / 1_000)
    }
  }
}
