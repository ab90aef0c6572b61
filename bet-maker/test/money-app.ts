import { afterEach, beforeEach, expect } from 'bun:test'
import { json, send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { checkLedger } from '../src/infrastructure/ledger-check.ts'
import { useBetApp } from './bet-app.ts'

/**
 * An app without accounts before each test, with an open event `m-1` at 1.50, and what tests of
 * money do with it. After each test the ledger must add up.
 */
export async function useMoney() {
  const db = await useBetApp()
  beforeEach(async () => {
    await db.sql`truncate bets, line_events, state_changes, accounts, transfers, ledger_entries`
    await db.synced(0)
    await db.apply(lineEvent('m-1', { coefficient: '1.50' }))
  })
  afterEach(async () => {
    await checkLedger(db.sql, (rule, faults) => expect([rule, faults]).toEqual([rule, []]))
  })

  let keys = 0
  return {
    db,
    transfer(kind: string, amount: string, account_id = 'anna', key = `t-${keys++}`) {
      const body = { account_id, kind, amount }
      return send(db.app, 'POST', '/transfers', body, { 'Idempotency-Key': key })
    },
    bet(bet_sum: string, account_id = 'anna', key?: string) {
      const headers = key === undefined ? {} : { 'Idempotency-Key': key }
      return db.post({ event_id: 'm-1', bet_sum, account_id }, headers)
    },
    async settle(version: number, state: 'FINISHED_WIN' | 'FINISHED_LOSE' | 'CANCELLED') {
      await db.apply(lineEvent('m-1', { coefficient: '1.50', version, state }))
      await db.settle()
    },
    async balance(account = 'anna') {
      const answer = await send(db.app, 'GET', `/accounts/${account}`)
      return (await json<{ balance: string }>(answer)).balance
    },
  }
}
