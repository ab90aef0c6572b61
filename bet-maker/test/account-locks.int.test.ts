import { beforeEach, expect, test } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { holdLock, statementAtLock } from '../../dev/e2e/held-lock.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { useMoney } from './money-app.ts'

const { db, transfer, bet: betOf } = await useMoney()
beforeEach(async () => {
  for (const account of ['anna', 'bert']) await transfer('deposit', '10.00', account, account)
})

type Sql = ReturnType<typeof connectDatabase>
const session = (name: string) => connectDatabase(db.url, { max: 1, applicationName: name })
const twoSessions = () => [session('test-first'), session('test-second')] as const
const bet = (account: string, key: string) => betOf('6.00', account, key)

test('a stake waits for whoever moves its account, and sees what is left', async () => {
  const first = session('test-first')
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

test('an account that somebody holds stops no bets of others', async () => {
  const held = await holdLock(db.url, `select from accounts where account_id = 'anna' for update`)
  const untilMs = performance.now() + 2_000
  const repeat = async (account_id: string | undefined) => {
    const statuses: number[] = []
    while (performance.now() < untilMs)
      statuses.push((await db.post({ event_id: 'm-1', bet_sum: '0.01', account_id })).status)
    return statuses
  }
  const [others, annas] = await Promise.all([
    Promise.all(['bert', 'bert', undefined, undefined].map(repeat)),
    Promise.all(Array.from({ length: 20 }, () => repeat('anna'))),
  ])
  await held.release()
  expect(others.flat().filter((status) => status !== 201)).toEqual([])
  expect(annas.flat().filter((status) => status !== 503)).toEqual([])
  for (const placed of others) expect(placed.length).toBeGreaterThan(3)
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

test('workers that settle the same bets at the same time pay them once', async () => {
  for (const key of ['k-1', 'k-2']) await bet(key === 'k-1' ? 'anna' : 'bert', key)
  await db.apply(lineEvent('m-1', { coefficient: '1.50', version: 2, state: 'FINISHED_WIN' }))
  const held = await holdLock(db.url, `select from accounts where account_id = 'anna' for update`)
  const [first, second] = twoSessions()
  const settle = (sql: Sql, worker: string) =>
    sql.unsafe(`select settled, '${worker}' from settle_chunk('["m-1"]', '', 0, 10)`).then(
      ([row]) => row?.settled,
      (error: Error) => error.message,
    )
  const firsts = settle(first, 'the first')
  await statementAtLock(db.sql, 'the first')
  const seconds = settle(second, 'the second')
  await statementAtLock(db.sql, 'the second')
  await held.release()
  expect([await firsts, await seconds]).toEqual([2, 0])
  await Promise.all([first.end(), second.end()])
})

test('a bet that is stored while others of its event are paid is paid, too', async () => {
  await db.apply(lineEvent('m-1', { coefficient: '1.50', version: 2, state: 'FINISHED_WIN' }))
  await db.apply(lineEvent('m-1', { coefficient: '1.50', version: 3, state: 'NEW' }))
  const [placing, worker] = twoSessions()
  await placing`begin`
  const request = { request: 0, event_id: 'm-1', sum_cents: 600, accept_odds: 'any', client: '' }
  const berts = JSON.stringify([{ ...request, account_id: 'bert', key: 'under way' }])
  expect(await placing`select from place_bets(${berts}, 20000)`).toHaveLength(1)
  await bet('anna', 'later')
  await db.apply(lineEvent('m-1', { coefficient: '1.50', version: 4, state: 'FINISHED_WIN' }))
  const held = await holdLock(db.url, `select from accounts where account_id = 'anna' for update`)
  const settle = () => worker`select settled from settle_chunk('["m-1"]', '', 0, 10)`
  const refused = settle().then(
    () => 'settled',
    (error: Error) => error.message,
  )
  await statementAtLock(db.sql, 'settle_chunk')
  await placing`commit`
  await held.release()
  expect(await refused).toBe('1 more bets were settled than paid')
  expect([...(await settle())]).toEqual([{ settled: 2 }])
  await Promise.all([placing.end(), worker.end()])
})

test('transfers between the same accounts in either order never deadlock', async () => {
  const [first, second] = twoSessions()
  const deposits = (accounts: string[], batch: string) =>
    JSON.stringify(
      accounts.map((account_id, request) => {
        const key = `${batch}-${account_id}`
        return { request, client: '', account_id, kind: 'deposit', amount_cents: 100, key }
      }),
    )
  const deposit = async (sql: Sql, accounts: string[], name: string) => {
    for (let n = 0; n < 100; n++)
      await sql`select * from make_transfers(${deposits(accounts, `${name}-${n}`)}::text)`
  }
  const accounts = ['anna', 'bert', 'carl', 'dora']
  await Promise.all([
    deposit(first, accounts, 'first'),
    deposit(second, accounts.toReversed(), 'second'),
  ])
  await Promise.all([first.end(), second.end()])
  const rows = await db.sql`select sum(balance_cents)::integer as held from accounts`
  expect([...rows]).toEqual([{ held: 2_000 + 2 * 100 * 4 * 100 }])
})
