import { expect, test } from 'bun:test'
import { Latencies, Outages } from './tally.ts'

test('quantiles are exact to 10 %, the worst time is exact', () => {
  const times = new Latencies()
  for (let ms = 1; ms <= 1_000; ms++) times.add(ms)
  expect(times.quantileMs(0.5)).toBeWithin(500, 551)
  expect(times.quantileMs(0.99)).toBeWithin(990, 1_000.1)
  expect(times.worstMs).toBe(1_000)
  expect(new Latencies().quantileMs(0.5)).toBe(0)
})

test('an outage lasts from the last answer before a failure to the next answer', () => {
  const outages = new Outages()
  const startMs = performance.now()
  const at = (ms: number) => startMs + ms
  outages.answered(at(1_000))
  // A time without requests is no outage.
  outages.answered(at(9_000))
  expect([outages.count, outages.longestMs, outages.nowMs(at(9_500))]).toEqual([0, 0, 0])
  outages.failed()
  outages.failed()
  expect(outages.nowMs(at(9_500))).toBeCloseTo(500)
  outages.answered(at(9_700))
  expect(outages.longestMs).toBeCloseTo(700)
  outages.failed()
  outages.answered(at(9_800))
  expect(outages.count).toBe(2)
  expect(outages.longestMs).toBeCloseTo(700)
})
