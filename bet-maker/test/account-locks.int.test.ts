import { afterEach, beforeEach, expect, test } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { holdLock, statementAtLock } from '../../dev/e2e/held-lock.ts'
import { send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { checkLedger } from '../src/infrastructure/ledger-check.ts'
import { useBetApp } from './bet-app.ts'

const db = await useBetApp()
beforeEach(async () => {
  await db.sql`truncate bets, line_events, state_changes, accounts, transfers, ledger_entries`
  await db.synced(0)
  await db.apply(lineEvent('m-1', { coefficient: '1.50' }))
  for (const account_id of ['anna', 'bert'])
    await send(
      db.app,
      'POST',
      '/transfers',
      { account_id, kind: 'deposit', amount: '10.00' },
      { 'Idempotency-Key': account_id },
    )
})
afterEach(async () => {
  await checkLedger(db.sql, (rule, faults) => expect([rule, faults]).toEqual([rule, []]))
})

const bet = (account_id: string, key: string) =>
  db.post({ event_id: 'm-1', bet_sum: '6.00', account_id }, { 'Idempotency-Key': key })

test('a stake waits for whoever moves its account, and sees what is left', async () => {
  const first = connectDatabase(db.url, { max: 1, applicationName: 'test-first' })
  await first`begin`
  const request = { request: 0, event_id: 'm-1', sum_cents: 600, accept_odds: 'any', client: '' }
  const placing = JSON.stringify([{ ...request, account_id: 'anna', key: 'first' }])
  expect(await first`select from place_bets(${placing}, 20000)`).toHaveLength(1)
  const second = bet('anna', 'second')
  await statementAtLock(db.sql, 'place_bets')
  await first`commit`
  await first.end()
  expect((await second).status).toBe(409)
})

test('an account that somebody holds for a second delays no other account for longer', async () => {
  const held = await holdLock(db.url, `select from accounts where account_id = 'anna' for update`)
  const beganMs = performance.now()
  const [annas, berts] = await Promise.all([bet('anna', 'a'), bet('bert', 'b')])
  expect([annas.status, berts.status]).toEqual([503, 201])
  expect(performance.now() - beganMs).toBeLessThan(2_900)
  await held.release()
  expect((await bet('anna', 'a')).status).toBe(201)
})

test('settling holds the accounts before it changes a bet', async () => {
  await bet('anna', 'k')
  await db.apply(lineEvent('m-1', { coefficient: '1.50', version: 2, state: 'FINISHED_WIN' }))
  const held = await holdLock(db.url, `select from accounts where account_id = 'anna' for update`)
  const settling = db.settle()
  await statementAtLock(db.sql, 'settle_chunk')
  // A repeat of the bet would wait here for settling, which waits for an account.
  expect(await db.sql`select from bets for update skip locked`).toHaveLength(1)
  await held.release()
  expect(await settling).toBe(1)
})
