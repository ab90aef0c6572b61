import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Sql } from 'postgres'
import { testServiceUrl } from '../../../dev/testing/test-services.ts'
import { Metrics } from '../src/metrics/metrics.ts'
import { connectDatabase, query } from '../src/postgres/database.ts'
import { meterStatements } from '../src/postgres/statement.meter.ts'

const POOL_MAX = 2
const metrics = new Metrics()
let sql: Sql
let end: () => void

beforeAll(() => {
  const options = { max: POOL_MAX, applicationName: 'statement-meter' }
  sql = connectDatabase(testServiceUrl('TEST_DATABASE_URL'), options)
  end = meterStatements(metrics, POOL_MAX)
})
afterAll(() => sql.end({ timeout: 1 }))

async function sampleOf(sample: string): Promise<number | undefined> {
  const line = (await metrics.text()).split('\n').find((text) => text.startsWith(`${sample} `))
  return line === undefined ? undefined : Number(line.slice(sample.length + 1))
}

test('statements that find every connection busy are counted while they wait', async () => {
  const before = (await sampleOf('bets_database_statement_duration_seconds_count')) ?? 0
  const sleeping = Array.from({ length: 5 }, () => query(sql`select pg_sleep(0.2)`))
  expect(await sampleOf('bets_database_pool_waits_total')).toBe(3)
  expect(await sampleOf('bets_database_pool_waiting')).toBe(3)
  await Promise.all(sleeping)
  expect(await sampleOf('bets_database_pool_waiting')).toBe(0)
  expect(await sampleOf('bets_database_statement_duration_seconds_count')).toBe(before + 5)
  // Two at a time: the last one waited for two others.
  expect(await sampleOf('bets_database_statement_duration_seconds_sum')).toBeGreaterThan(1.7)
})

test('failures are counted by cause', async () => {
  const kind = (name: string) => sampleOf(`bets_database_errors_total{kind="${name}"}`)
  await expect(query(sql`select 1 / 0`)).rejects.toThrow()
  expect(await kind('statement')).toBe(1)
  await expect(query(sql`select * from no_such_table`)).rejects.toThrow()
  expect(await kind('server')).toBe(1)
  await expect(query(sql`select pg_sleep(5)`)).rejects.toThrow()
  expect(await kind('timeout')).toBe(1)
  await expect(
    query(sql`do $$ begin raise exception using errcode = '55P03'; end $$`),
  ).rejects.toThrow()
  expect(await kind('lock')).toBe(1)
  await expect(
    query(sql`do $$ begin raise exception using errcode = '40P01'; end $$`),
  ).rejects.toThrow()
  expect(await kind('refused')).toBe(1)

  const nobody = connectDatabase('postgres://nobody@127.0.0.1:1/x', {
    max: 1,
    applicationName: 'nobody',
  })
  await expect(query(nobody`select 1`)).rejects.toThrow()
  expect(await kind('connection')).toBe(1)
  await nobody.end({ timeout: 0 })
})

test('an ended pool is no longer counted', async () => {
  end()
  const before = await sampleOf('bets_database_statement_duration_seconds_count')
  await query(sql`select 1`)
  expect(await sampleOf('bets_database_statement_duration_seconds_count')).toBe(before as number)
})
