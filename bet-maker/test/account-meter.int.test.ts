import { describe, expect, test } from 'bun:test'
import { Metrics } from '@bets/platform/metrics/metrics'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { meterAccounts, meterEntries } from '../src/infrastructure/account.meter.ts'
import { createSettlements } from '../src/infrastructure/settlement.repository.ts'
import { useMoney } from './money-app.ts'

const { db, transfer, bet, settle } = await useMoney()

describe('metrics', () => {
  const samplesOf = async (metrics: Metrics) =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith('bets_'))

  test('money in all accounts, read in parts, and how many are below zero', async () => {
    const metrics = new Metrics()
    const addUp = meterAccounts(metrics, db.sql, 1)
    expect(await samplesOf(metrics)).toEqual([])
    await addUp()
    expect(await samplesOf(metrics)).toEqual([
      'bets_accounts 0',
      'bets_accounts_balance_cents 0',
      'bets_accounts_below_zero 0',
    ])
    // Another client's, in several blocks of the table.
    const given = Array.from({ length: 500 }, (_, request) => {
      const account = { client: 'shop', account_id: `b-${request}`, key: `k-${request}` }
      return { request, ...account, kind: 'deposit', amount_cents: 1_000 }
    })
    await db.sql`select from make_transfers(${JSON.stringify(given)}::text)`
    await transfer('deposit', '1.00')
    await bet('1.00')
    await settle(2, 'FINISHED_WIN')
    await transfer('withdrawal', '1.50')
    await settle(3, 'FINISHED_LOSE')
    await addUp()
    expect(await samplesOf(metrics)).toEqual([
      'bets_accounts 501',
      'bets_accounts_balance_cents 499850',
      'bets_accounts_below_zero 1',
    ])
  })

  test('what is unknown has no value', async () => {
    const metrics = new Metrics()
    const addUp = meterAccounts(metrics, db.sql)
    await addUp()
    await db.sql`alter table accounts rename to elsewhere`
    const failed = addUp().then(
      () => 'read',
      () => 'failed',
    )
    expect(await failed.finally(() => db.sql`alter table elsewhere rename to accounts`)).toBe(
      'failed',
    )
    expect(await samplesOf(metrics)).toEqual([])
  })

  test('entries that settling writes, by kind', async () => {
    const metrics = new Metrics()
    const settlements = createSettlements(
      db.sql,
      meterEntries(metrics, ['payout', 'refund', 'correction']),
    )
    const settled = async (version: number, state: 'FINISHED_WIN' | 'CANCELLED', more = {}) => {
      await db.apply(lineEvent('m-1', { coefficient: '1.50', version, state, ...more }))
      const owed = await settlements.owed()
      await settlements.settleChunk(owed, { eventId: '', betId: 0 }, 100)
      await settlements.finish(owed)
      return (await samplesOf(metrics)).map((line) => line.replace('bets_ledger_entries_total', ''))
    }
    await transfer('deposit', '10.00')
    for (const _ of [1, 2, 3]) await bet('1.00')
    await db.post({ event_id: 'm-1', bet_sum: '1.00' })
    expect(await settled(2, 'FINISHED_WIN')).toEqual([
      '{kind="payout"} 3',
      '{kind="refund"} 0',
      '{kind="correction"} 0',
    ])
    expect((await settled(3, 'CANCELLED')).at(-1)).toBe('{kind="correction"} 3')
    await db.apply(lineEvent('m-1', { coefficient: '1.50', version: 4 }))
    await db.settle()
    expect((await settled(5, 'CANCELLED')).at(1)).toBe('{kind="refund"} 3')
  })
})
