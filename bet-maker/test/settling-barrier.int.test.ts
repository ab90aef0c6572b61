import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { createLog } from '@bets/platform/process/log'
import { urlFor } from '../../dev/services/database-roles.ts'
import { json } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { settleOwed } from '../src/application/settle-owed.ts'
import { createSettlements } from '../src/infrastructure/settlement.repository.ts'
import { type BetApp, createBetApp, useBetApp } from './bet-app.ts'

type Connection = BetApp['sql']

const BET = JSON.stringify([
  { request: 0, event_id: 'held', sum_cents: 100, accept_odds: 'any', client: '', key: null },
])

let connections: Connection[] = []

const db = await useBetApp()
const workerSql = connectDatabase(urlFor('bet_worker', db.url), {
  max: 2,
  applicationName: 'test-worker',
})
const settlements = createSettlements(workerSql)
beforeEach(async () => {
  await db.sql`truncate line_events, state_changes, bets`
  await db.synced(0)
  await db.apply(lineEvent('held'))
})
afterEach(disconnect)
afterAll(() => workerSql.end({ timeout: 1 }))

/** A connection, by default the API's, and its backend. */
async function connect(
  url = urlFor('bet_maker', db.url),
): Promise<{ connection: Connection; pid: number }> {
  const connection = connectDatabase(url, { max: 1, applicationName: 'test-holder' })
  connections.push(connection)
  const [{ pid }] = await connection<[{ pid: number }]>`select pg_backend_pid() as pid`
  return { connection, pid }
}

/** A placement that has inserted its bet and does not commit. */
async function holdPlacement(url?: string) {
  const holder = await connect(url)
  await holder.connection`begin`
  await holder.connection`select * from place_bets(${BET}::text, 20000)`
  return holder
}

async function disconnect(): Promise<void> {
  for (const connection of connections) await connection.end({ timeout: 1 }).catch(() => {})
  connections = []
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const startMs = performance.now()
  const result = await work()
  return { result, ms: performance.now() - startMs }
}

const alive = async (pid: number) =>
  (await db.sql`select 1 from pg_stat_activity where pid = ${pid}`).length === 1

test('without running placements the barrier opens at once', async () => {
  const { result, ms } = await timed(() => settlements.awaitPlacements())
  expect(result).toBe(true)
  expect(ms).toBeLessThan(90)
})

test('a running placement holds the barrier: a wait gives up after about 100 ms', async () => {
  const { connection } = await holdPlacement()
  for (let again = 0; again < 2; again++) {
    const { result, ms } = await timed(() => settlements.awaitPlacements())
    expect(result).toBe(false)
    expect(ms).toBeGreaterThan(80)
    expect(ms).toBeLessThan(300)
  }
  await connection`commit`
  expect(await settlements.awaitPlacements()).toBe(true)
})

test('a wait ends when the placement commits', async () => {
  const { connection } = await holdPlacement()
  const waiting = settlements.awaitPlacements()
  await Bun.sleep(30)
  await connection`commit`
  expect(await waiting).toBe(true)
})

test('new placements wait no longer than the barrier does', async () => {
  const { connection } = await holdPlacement()
  const waiting = settlements.awaitPlacements()
  await Bun.sleep(30)
  const { result, ms } = await timed(() => db.post({ event_id: 'held', bet_sum: '1.00' }))
  expect(result.status).toBe(201)
  // As long as the other one holds it, it would be two seconds.
  expect(ms).toBeLessThan(1_000)
  expect(await waiting).toBe(false)
  await connection`rollback`
})

test('terminates exactly the session that blocks the barrier, and reports it', async () => {
  const stuck = await holdPlacement()
  const idle = await connect()
  await idle.connection`begin`
  await idle.connection`select * from line_events`
  await Bun.sleep(250)
  const young = await holdPlacement()

  // No session is old enough yet.
  expect([...(await settlements.terminateStuckPlacements(60_000))]).toEqual([])
  const ended = await settlements.terminateStuckPlacements(200)
  expect(ended.map((session) => ({ ...session }))).toEqual([
    {
      pid: stuck.pid,
      client_addr: expect.anything(),
      application_name: 'test-holder',
      running_ms: expect.any(Number),
    },
  ])
  const [{ running_ms }] = ended as [{ running_ms: number }]
  expect(running_ms).toBeGreaterThanOrEqual(200)
  expect(running_ms).toBeLessThan(5_000)
  while (await alive(stuck.pid)) await Bun.sleep(5)
  expect(await alive(idle.pid)).toBe(true)
  expect(await alive(young.pid)).toBe(true)
  await disconnect()
  expect(await settlements.awaitPlacements()).toBe(true)
  // Neither the terminated nor the disconnected session has left a bet.
  expect(await db.sql`select 1 from bets`).toHaveLength(0)
})

test.each([
  ['the barrier shared', 'pg_advisory_lock_shared(5202401)'],
  ['the barrier', 'pg_advisory_lock(5202401)'],
  ['the lock of the version base', 'pg_advisory_lock(5202402)'],
])('F39 an idle session that holds %s is ended', async (_, lock) => {
  for (const role of ['bet_maker', 'bet_worker'] as const) {
    const idle = await connect(urlFor(role, db.url))
    await idle.connection.unsafe(`select ${lock}`)
    await Bun.sleep(120)
    expect([...(await settlements.terminateStuckPlacements(60_000))]).toEqual([])
    expect(await settlements.terminateStuckPlacements(100)).toMatchObject([{ pid: idle.pid }])
    while (await alive(idle.pid)) await Bun.sleep(5)
  }
})

test('a role can terminate its own stuck sessions, but not those of a superuser', async () => {
  const owner = urlFor('bet_owner', db.url)
  const stuck = await holdPlacement(owner)
  const above = await holdPlacement(db.url)
  await Bun.sleep(100)
  const { connection } = await connect(owner)
  const ended = await createSettlements(connection).terminateStuckPlacements(50)
  expect(ended).toMatchObject([{ pid: stuck.pid }])
  expect(await alive(above.pid)).toBe(true)
})

test("other databases' placements and other advisory locks do not block the barrier", async () => {
  const elsewhere = await createBetApp()
  await elsewhere.synced(0)
  await elsewhere.apply(lineEvent('held'))
  const foreign = await holdPlacement(urlFor('bet_maker', elsewhere.url))
  const other = await connect()
  const [{ barrier }] = await db.sql<[{ barrier: number }]>`select placement_barrier() as barrier`
  await other.connection`begin`
  await other.connection`
    select pg_advisory_xact_lock_shared(${barrier + 2}::bigint),
           pg_advisory_xact_lock_shared(0, ${barrier}::integer)`
  await Bun.sleep(60)
  expect(await settlements.awaitPlacements()).toBe(true)
  expect([...(await settlements.terminateStuckPlacements(50))]).toEqual([])
  expect(await alive(foreign.pid)).toBe(true)
  expect(await alive(other.pid)).toBe(true)
  await disconnect()
  await elsewhere.close()
})

test('a bet that commits after its event ended is settled: settling waits for it', async () => {
  const { connection } = await holdPlacement()
  await db.apply(lineEvent('held', { version: 2, state: 'FINISHED_WIN' }))
  const settling = settleOwed({ settlements, chunkSize: 10, log: createLog('test', 'silent') })()
  await Bun.sleep(250)
  await connection`commit`
  expect(await settling).toEqual({ events: 1, bets: 1 })
  const [bet] = await db.sql`select state from bets`
  expect(bet?.state).toBe('WIN')
})

test('F14 under constant betting on an event every bet is settled within a second', async () => {
  const settle = settleOwed({ settlements, chunkSize: 500, log: createLog('test', 'silent') })
  let betting = true
  const refusals = new Set<string>()
  const bettors = Array.from({ length: 64 }, async () => {
    while (betting) {
      const response = await db.post({ event_id: 'held', bet_sum: '1.00' })
      const body = await json<{ reason?: string }>(response)
      if (response.status !== 201) refusals.add(`${response.status} ${body.reason}`)
    }
  })
  for (const [index, state] of (
    ['FINISHED_WIN', 'NEW', 'CANCELLED', 'NEW', 'FINISHED_LOSE'] as const
  ).entries()) {
    await Bun.sleep(60)
    const { ms } = await timed(async () => {
      await db.apply(lineEvent('held', { version: index + 2, state }))
      while ((await settle()).events > 0);
    })
    expect(ms).toBeLessThan(1_000)
    const behind = await db.sql`
      select 1 from bets b join line_events e using (event_id)
      where b.applied_version < e.state_version`
    expect(behind).toHaveLength(0)
  }
  betting = false
  await Promise.all(bettors)
  const states = await db.sql<{ state: string }[]>`select distinct state from bets`
  expect(states.map(({ state }) => state)).toEqual(['LOSE'])
  expect([...refusals]).toEqual(['409 ended'])
}, 20_000)
