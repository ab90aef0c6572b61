import { afterAll, expect, test } from 'bun:test'
import { DatabaseUnavailableError } from '@bets/domain/errors'
import { sql as raw } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import { eventually } from '../../../dev/testing/eventually.ts'
import { TcpProxy } from '../../../dev/testing/tcp-proxy.ts'
import { createLineDatabase } from '../../../dev/testing/test-database.ts'
import { connectDatabase, databaseUp, query } from '../src/postgres/database.ts'

/** How long a caller may wait for an error. */
const ANSWER_MS = 3_000
/** How soon it must recover. */
const RECOVERY_MS = 6_000

const database = await createLineDatabase()
afterAll(() => database.drop())

const pool = (url: string) => connectDatabase(url, { max: 4, applicationName: 'test' })

test('F16 connections on which the server goes silent are replaced', async () => {
  const proxy = await new TcpProxy(database.url).open()
  const sql = pool(proxy.url)
  await Promise.all([1, 2, 3, 4].map(() => query(sql`select pg_sleep(0.05)`)))
  proxy.freeze()
  const began = performance.now()
  const answers = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(() => query(sql`select 1`).catch((error: unknown) => error)),
  )
  for (const answer of answers) expect(answer).toBeInstanceOf(DatabaseUnavailableError)
  expect(performance.now() - began).toBeLessThan(ANSWER_MS)
  await eventually(async () => expect(await query(sql`select 1 as one`)).toHaveLength(1), {
    withinMs: RECOVERY_MS,
  })
  await sql.end({ timeout: 1 })
  await proxy.close()
})

test('neither an idle connection nor a slow statement counts as silent', async () => {
  const sql = connectDatabase(database.url, { max: 1, applicationName: 'test' })
  const [before] = await query(sql<[{ pid: number }]>`select pg_backend_pid() as pid`)
  await Bun.sleep(4_000)
  await query(sql`select pg_sleep(1.8)`)
  const [after] = await query(sql<[{ pid: number }]>`select pg_backend_pid() as pid`)
  expect(after).toEqual(before)
  await sql.end({ timeout: 1 })
})

test('F17 a hanging statement ends at its time limit; its connection stays usable', async () => {
  const sql = connectDatabase(database.url, { max: 1, applicationName: 'test' })
  const began = performance.now()
  await expect(query(sql`select pg_sleep(60)`)).rejects.toThrow(DatabaseUnavailableError)
  expect(performance.now() - began).toBeLessThan(ANSWER_MS)
  expect(await query(sql`select 1 as one`)).toHaveLength(1)
  await sql.end({ timeout: 1 })
})

test("rows of a failed statement do not leak into the next result, or drizzle's", async () => {
  const sql = connectDatabase(database.url, { max: 1, applicationName: 'test' })
  const fail = () => query(sql`select 1 / (3 - n) from generate_series(1, 3) n`)
  await expect(fail()).rejects.toThrow('division by zero')
  const [first, ...more] = await query(sql`select n from generate_series(1, 2) n`)
  expect([first, ...more]).toEqual([{ n: 1 }, { n: 2 }])
  await expect(fail()).rejects.toThrow('division by zero')
  const one = drizzle(sql).select({ n: raw<number>`n` }).from(raw`generate_series(5, 5) n`)
  const [row] = await query(one)
  expect(row).toEqual({ n: 5 })
  await sql.end({ timeout: 1 })
})

test('F16 terminated backends cost one answer each, and no connection for good', async () => {
  const sql = pool(database.url)
  await Promise.all([1, 2, 3, 4].map(() => query(sql`select pg_sleep(0.05)`)))
  for (let round = 0; round < 20; round++) {
    await query(
      database.sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await query(sql`select 1`).catch((error: unknown) =>
      expect(error).toBeInstanceOf(DatabaseUnavailableError),
    )
  }
  await eventually(async () => expect(await query(sql`select 1 as one`)).toHaveLength(1), {
    withinMs: RECOVERY_MS,
  })
  await sql.end({ timeout: 1 })
})

test('a read-only server and an unmigrated database count as unavailable', async () => {
  expect(await databaseUp(database.sql, 'feed')).toBe(true)
  expect(await databaseUp(database.sql, 'no_such_table')).toBe(false)
  await expect(query(database.sql`select * from no_such_table`)).rejects.toThrow(
    DatabaseUnavailableError,
  )

  const name = new URL(database.url).pathname.slice(1)
  await database.sql.unsafe(`alter database ${name} set default_transaction_read_only = on`)
  const standby = pool(database.url)
  expect(await databaseUp(standby, 'feed')).toBe(false)
  await expect(query(standby`update feed set last_seq = 1`)).rejects.toThrow(
    DatabaseUnavailableError,
  )
  await standby.end({ timeout: 1 })
})

test('F24 a closed or renamed database counts as unavailable, and is found again', async () => {
  const other = await createLineDatabase()
  const name = new URL(other.url).pathname.slice(1)
  const moved = `${name}_for_a_moment`
  const sql = pool(other.url)
  const run = (statement: string) => database.sql.unsafe(statement)
  await query(sql`select 1`)
  await run(`alter database ${name} allow_connections false`)
  await run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
  await eventually(() => run(`alter database ${name} rename to ${moved}`))
  await expect(query(sql`select 1`)).rejects.toThrow(DatabaseUnavailableError)
  await run(`alter database ${moved} rename to ${name}`)
  await expect(query(sql`select 1`)).rejects.toThrow(DatabaseUnavailableError)
  await run(`alter database ${name} allow_connections true`)
  await eventually(async () => expect(await query(sql`select 1 as one`)).toHaveLength(1))
  await sql.end({ timeout: 1 })
  await other.drop()
})
