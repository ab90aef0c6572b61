import { afterAll, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { DatabaseUnavailableError } from '@bets/domain/errors'
import { eventually } from '../../../dev/testing/eventually.ts'
import { TcpProxy } from '../../../dev/testing/tcp-proxy.ts'
import { createLineDatabase } from '../../../dev/testing/test-database.ts'
import { connectDatabase, query } from '../src/postgres/database.ts'

const POOL_MAX = 4
/** How long a caller may wait for an error. */
const ANSWER_MS = 3_000
/** How soon it must recover. */
const RECOVERY_MS = 5_000

const database = await createLineDatabase()
afterAll(() => database.drop())

const pool = (url: string) => connectDatabase(url, { max: POOL_MAX, applicationName: 'test' })
type Pool = ReturnType<typeof pool>

/** A statement that must fail, in time. */
async function expectUnavailable(sql: Pool, withinMs = ANSWER_MS): Promise<void> {
  const began = performance.now()
  // Without `rejects`, which in Bun blocks everything else until the promise is settled.
  const answer = await query(sql`select 1`).catch((error: unknown) => error)
  expect(answer).toBeInstanceOf(DatabaseUnavailableError)
  expect(performance.now() - began).toBeLessThan(withinMs)
}

/** As many statements as connections run at once, so no connection is lost to the pool. */
async function expectWhole(sql: Pool): Promise<void> {
  const sessions = async () => {
    const rows = await Promise.all(
      Array.from({ length: POOL_MAX }, () =>
        query(sql<[{ pid: number }]>`select pg_backend_pid() as pid, pg_sleep(0.3)`),
      ),
    )
    expect(new Set(rows.map(([{ pid }]) => pid)).size).toBe(POOL_MAX)
  }
  await eventually(sessions, { withinMs: RECOVERY_MS })
}

test('F16 recovers all connections after a server refused them for a while', async () => {
  const proxy = await new TcpProxy(database.url).open()
  const sql = pool(proxy.url)
  await expectWhole(sql)
  await proxy.close()
  for (let round = 0; round < 5; round++)
    await Promise.all(Array.from({ length: 6 }, () => expectUnavailable(sql)))
  await proxy.open()
  await expectWhole(sql)
  await sql.end({ timeout: 1 })
  await proxy.close()
})

test('F16 recovers after every new connection was closed, as by a load balancer', async () => {
  const proxy = await new TcpProxy(database.url).open()
  const { port } = new URL(proxy.url)
  await proxy.close()
  const hangingUp = createServer((socket) => {
    socket.on('error', () => {})
    socket.end()
  })
  await new Promise<void>((resolve) => hangingUp.listen(Number(port), '127.0.0.1', resolve))
  const sql = pool(proxy.url)
  // At once: the driver must not retry until the time limit of the statement.
  for (let round = 0; round < 3; round++)
    await Promise.all(Array.from({ length: 6 }, () => expectUnavailable(sql, 1_000)))
  hangingUp.close()
  await proxy.open()
  await expectWhole(sql)
  await sql.end({ timeout: 1 })
  await proxy.close()
})

test('F16 connections made after their statements timed out stay in the pool', async () => {
  const proxy = await new TcpProxy(database.url).open()
  const sql = pool(proxy.url)
  await expectWhole(sql)
  proxy.hold()
  proxy.cut()
  // Statements that wait for the first attempts to connect have little time left for the second.
  await Promise.all(Array.from({ length: 4 * POOL_MAX }, () => expectUnavailable(sql)))
  proxy.resume()
  await expectWhole(sql)
  await sql.end({ timeout: 1 })
  await proxy.close()
})

test('F16 an interrupted result leaves nothing behind in the next one', async () => {
  const sql = connectDatabase(database.url, { max: 1, applicationName: 'test-cut-off' })
  const [{ pid }] = await query(sql<[{ pid: number }]>`select pg_backend_pid() as pid`)
  // The first row is too large for the server to buffer.
  const cutOff = query(sql`
    select repeat('x', 100000), pg_sleep(case g when 1 then 0 else 2 end)
    from generate_series(1, 2) g`)
  const outcome = cutOff.catch((error: unknown) => error)
  await Bun.sleep(200)
  await query(database.sql`select pg_terminate_backend(${pid})`)
  expect(await outcome).toBeInstanceOf(DatabaseUnavailableError)
  const next = await eventually(() => query(sql`select 1 as one`))
  expect([...next]).toEqual([{ one: 1 }])
  await sql.end({ timeout: 1 })
})

test('F16 sessions that end at any moment cost one answer each; none hangs', async () => {
  const sql = connectDatabase(database.url, { max: POOL_MAX, applicationName: 'test-victim' })
  const endMs = performance.now() + 5_000
  const over = () => performance.now() > endMs
  let longestMs = 0
  let answered = 0
  // Fewer than connections, so that most are idle, and shorter and longer than what is sent at
  // once.
  const ask = async () => {
    while (!over()) {
      const askedMs = performance.now()
      const text = 'x'.repeat(Math.random() * 3_000)
      const answer = await query(sql`select ${text}::text as text from pg_sleep(0.002)`).catch(
        (error: unknown) => error,
      )
      longestMs = Math.max(longestMs, performance.now() - askedMs)
      if (answer instanceof DatabaseUnavailableError) await Bun.sleep(Math.random() * 20)
      else {
        expect([...(answer as object[])]).toEqual([{ text }])
        answered++
      }
    }
  }
  const end = async () => {
    while (!over()) {
      await query(
        database.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'test-victim'`,
      )
      await Bun.sleep(Math.random() * 40)
    }
  }
  await Promise.all([ask(), ask(), end()])
  expect(answered).toBeGreaterThan(50)
  expect(longestMs).toBeLessThan(1_500)
  await expectWhole(sql)
  await sql.end({ timeout: 1 })
})
