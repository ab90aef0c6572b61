import { expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import { Metrics } from '@bets/platform/metrics/metrics'
import type { Transfer, TransferKind, TransferRequest } from '../src/domain/account.ts'
import type { BetRequest } from '../src/domain/bet-request.ts'
import { FeedDownError, InsufficientFundsError } from '../src/domain/errors.ts'
import type { PlacedBet } from '../src/domain/placed-bet.ts'
import { TransferAmount } from '../src/domain/transfer-amount.ts'
import { meterEntries } from '../src/infrastructure/account.meter.ts'
import { meterPlacing } from '../src/infrastructure/placing.meter.ts'
import { meterTransferring } from '../src/infrastructure/transferring.meter.ts'

test('counts bets as placed with their stake, as replayed, or as refused by code', async () => {
  const metrics = new Metrics()
  const request = { sum: BetSum.fromCents(1_250) } as BetRequest
  const bet = {} as PlacedBet
  const outcomes = [
    async () => ({ bet, replayed: false }),
    async () => ({ bet, replayed: false }),
    async () => ({ bet, replayed: true }),
    async () => ({ bet, replayed: false }),
    () => Promise.reject(new FeedDownError()),
    () => Promise.reject(new InsufficientFundsError(5n)),
    () => Promise.reject(new Error('a fault of ours')),
  ]
  const place = meterPlacing(metrics, meterEntries(metrics, ['stake']), () =>
    (outcomes.shift() as (typeof outcomes)[number])(),
  )
  expect(await place(request)).toEqual({ bet, replayed: false })
  await place(request)
  expect(await place(request)).toEqual({ bet, replayed: true })
  await place({ ...request, accountId: 'anna' })
  await expect(place(request)).rejects.toThrow(FeedDownError)
  await expect(place(request)).rejects.toThrow(InsufficientFundsError)
  await expect(place(request)).rejects.toThrow('a fault of ours')

  const text = await metrics.text()
  for (const sample of [
    'bets_placed_total 3',
    'bets_stake_cents_total 3750',
    'bets_ledger_entries_total{kind="stake"} 1',
    'bets_replayed_total 1',
    'bets_refused_total{code="FEED_DOWN"} 1',
    'bets_refused_total{code="INSUFFICIENT_FUNDS"} 1',
    'bets_refused_total{code="INTERNAL"} 1',
  ])
    expect(text.split('\n')).toContain(sample)
})

test('counts transfers and their amounts by kind, refusals by code, and no replay', async () => {
  const metrics = new Metrics()
  const request = (kind: TransferKind, amount: string) =>
    ({ kind, amount: TransferAmount.parse(amount) }) as TransferRequest
  const transfer = {} as Transfer
  const outcomes = [
    async () => ({ transfer, replayed: false }),
    async () => ({ transfer, replayed: false }),
    async () => ({ transfer, replayed: true }),
    () => Promise.reject(new InsufficientFundsError(5n)),
  ]
  const make = meterTransferring(metrics, meterEntries(metrics, []), () =>
    (outcomes.shift() as (typeof outcomes)[number])(),
  )
  await make(request('deposit', '20.00'))
  await make(request('withdrawal', '7.50'))
  await make(request('deposit', '20.00'))
  await expect(make(request('withdrawal', '99.00'))).rejects.toThrow(InsufficientFundsError)

  const samples = (await metrics.text()).split('\n').filter((line) => /^bets_/.test(line))
  expect(samples.toSorted()).toEqual([
    'bets_ledger_entries_total{kind="deposit"} 1',
    'bets_ledger_entries_total{kind="withdrawal"} 1',
    'bets_transfer_cents_total{kind="deposit"} 2000',
    'bets_transfer_cents_total{kind="withdrawal"} 750',
    'bets_transfers_refused_total{code="INSUFFICIENT_FUNDS"} 1',
  ])
})
