import { expect, test } from 'bun:test'
import { Metrics } from '@bets/platform/metrics/metrics'
import { meterFeedAge, meterFeedSyncs } from '../src/infrastructure/feed.meter.ts'

async function samplesOf(metrics: Metrics): Promise<string[]> {
  return (await metrics.text())
    .split('\n')
    .filter((line) => /^\w+(_age_seconds|_count\{)/.test(line))
}

test('counts feed syncs by outcome; a failure is counted and still thrown', async () => {
  const metrics = new Metrics()
  const ends = [
    async () => 'complete' as const,
    async () => 'complete' as const,
    async () => 'overtaken' as const,
    () => Promise.reject(new Error('the line is unavailable')),
  ]
  const sync = meterFeedSyncs(metrics, () => (ends.shift() as (typeof ends)[number])())
  expect([await sync(), await sync(), await sync()]).toEqual(['complete', 'complete', 'overtaken'])
  await expect(sync()).rejects.toThrow('the line is unavailable')
  expect(await samplesOf(metrics)).toEqual([
    'bets_feed_sync_duration_seconds_count{outcome="complete"} 2',
    'bets_feed_sync_duration_seconds_count{outcome="overtaken"} 1',
    'bets_feed_sync_duration_seconds_count{outcome="failed"} 1',
  ])
})

test('the feed age is in seconds, absent before the first sync or without a database', async () => {
  const metrics = new Metrics()
  const answers = [async () => 2_500, async () => null, () => Promise.reject(new Error('down'))]
  meterFeedAge(metrics, { feedAgeMs: () => (answers.shift() as (typeof answers)[number])() })
  expect(await samplesOf(metrics)).toEqual(['bets_feed_age_seconds 2.5'])
  expect(await samplesOf(metrics)).toEqual([])
  expect(await samplesOf(metrics)).toEqual([])
})
