import { afterEach, beforeEach, expect, test } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { eventually } from '../../dev/testing/eventually.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { type BetApp, useBetApp } from './bet-app.ts'

type Connection = BetApp['sql']

let connections: Connection[] = []

const db = await useBetApp()
beforeEach(async () => {
  await db.sql`truncate line_events, state_changes, bets`
  await db.synced(0)
  await db.apply(lineEvent('m-1'))
})
afterEach(async () => {
  for (const connection of connections) await connection.end({ timeout: 1 })
  connections = []
})

/** A connection with a transaction that stays open until the test commits it. */
async function transaction(): Promise<Connection> {
  const connection = connectDatabase(db.url, { max: 1, applicationName: 'test-placing' })
  connections.push(connection)
  await connection`begin`
  return connection
}

/** Settling, while it holds the placement barrier exclusively. */
async function holdBarrier(): Promise<Connection> {
  const settling = await transaction()
  await settling`select pg_advisory_xact_lock(placement_barrier())`
  return settling
}

/**
 * Places a bet per key in one call. Returns how many were placed, or the server's error.
 */
async function place(sql: Connection, ...keys: string[]): Promise<number | string> {
  const bet = { event_id: 'm-1', sum_cents: 100, accept_odds: 'any', client: '' }
  const requests = keys.map((key, request) => ({ ...bet, request, key }))
  const placing = sql`select * from place_bets(${JSON.stringify(requests)}::text, 20000)`
  return placing.then(({ length }) => length, String)
}

/** Until a statement on this database waits for a lock. */
const somebodyWaits = () =>
  eventually(async () =>
    expect(
      await db.sql`
        select 1 from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    ).toHaveLength(1),
  )

test('a placement that waited for settling sees what was committed meanwhile', async () => {
  const settling = await holdBarrier()
  const placing = place(db.sql, 'k-1')
  await somebodyWaits()
  await db.apply(lineEvent('m-1', { version: 2, state: 'FINISHED_WIN' }))
  await settling`commit`
  expect(await placing).toBe(0)
})

test('a placement that waited for settling is checked at the end of the wait', async () => {
  await db.synced(null)
  const settling = await holdBarrier()
  const placing = place(db.sql, 'k-1')
  await somebodyWaits()
  // By a clock read before the wait, the feed would be known to be fresh only in the future.
  await db.synced(0)
  await settling`commit`
  expect(await placing).toBe(1)
  const late = await db.sql`select 1 from bets join feed_position on created_at >= fresh_at`
  expect(late).toHaveLength(1)
})

test('a batch locks its keys in order: while it waits for one, later keys stay free', async () => {
  const other = await transaction()
  expect(await place(other, 'a')).toBe(1)
  const batch = place(db.sql, 'b', 'a')
  await somebodyWaits()
  expect(await place(other, 'b')).toBe(1)
  await other`commit`
  expect(await batch).toBe(0)
})
