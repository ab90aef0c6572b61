import { expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import { Metrics } from '@bets/platform/metrics/metrics'
import type { BetRequest } from '../src/domain/bet-request.ts'
import { FeedDownError } from '../src/domain/errors.ts'
import type { PlacedBet } from '../src/domain/placed-bet.ts'
import { meterPlacing } from '../src/infrastructure/placing.meter.ts'

test('counts bets as placed with their stake, as replayed, or as refused by code', async () => {
  const metrics = new Metrics()
  const request = { sum: BetSum.fromCents(1_250) } as BetRequest
  const bet = {} as PlacedBet
  const outcomes = [
    async () => ({ bet, replayed: false }),
    async () => ({ bet, replayed: false }),
    async () => ({ bet, replayed: true }),
    () => Promise.reject(new FeedDownError()),
    () => Promise.reject(new Error('a fault of ours')),
  ]
  const place = meterPlacing(metrics, () => (outcomes.shift() as (typeof outcomes)[number])())
  expect(await place(request)).toEqual({ bet, replayed: false })
  await place(request)
  expect(await place(request)).toEqual({ bet, replayed: true })
  await expect(place(request)).rejects.toThrow(FeedDownError)
  await expect(place(request)).rejects.toThrow('a fault of ours')

  const text = await metrics.text()
  for (const sample of [
    'bets_placed_total 2',
    'bets_stake_cents_total 2500',
    'bets_replayed_total 1',
    'bets_refused_total{code="FEED_DOWN"} 1',
    'bets_refused_total{code="INTERNAL"} 1',
  ])
    expect(text.split('\n')).toContain(sample)
})
