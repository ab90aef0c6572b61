import { expect, test } from 'bun:test'
import type { TestDatabase } from './test-database.ts'
import { meterWork, type WorkMeter } from './work-of.ts'

type Sql = TestDatabase['sql']

/** Statements by name, each with how many rows it is to look at, at most. */
type Statements = Record<string, [rows: number, run: () => PromiseLike<unknown>]>

export interface GrowthSuite {
  create(): Promise<TestDatabase>
  /** Adds the events of these numbers, and what belongs to them. */
  grow(sql: Sql, from: number, to: number): Promise<void>
  /** Calls of each SQL function, for these of the events. */
  functions(sql: Sql, numbers: number[]): Statements
  /** Each statement of the repositories. */
  statements(sql: Sql, numbers: number[]): Statements
}

/** In the middle, reading a whole table for each row looks cheapest to some versions. */
const SIZES = [3, 1_000, 12_000, 60_000]
/** So many rows are added at once. */
const SLICE = 1_000
const EVENTS_AT_ONCE = 100
/** After so many, PostgreSQL may keep a plan for all values. */
const CALLS_UNTIL_PLAN_IS_KEPT = 6
/** What a plan may look at: for each row, and besides. */
const STEPS_PER_ROW = 40
const OTHER_STEPS = 1_000

const STATISTICS = ['never taken', 'of empty tables', 'of small tables'] as const

/**
 * Checks that no statement looks at more rows when the tables have grown a thousandfold, nor each
 * row at all others, whatever PostgreSQL believes of the tables. Functions are called without the
 * settings of the services' connections, because anybody may call them.
 */
export function growthSuite(suite: GrowthSuite): void {
  for (const taken of STATISTICS)
    test(`large tables cost no statement more: statistics ${taken}`, async () => {
      const database = await suite.create()
      const old = await meterWork(database.url)
      const tables = await leaveTables(database.sql)
      if (taken === 'of empty tables') await analyze(old.sql, tables)
      for (const [place, size] of SIZES.entries()) {
        for (let from = (SIZES[place - 1] ?? 0) + 1; from <= size; from += SLICE)
          await suite.grow(old.sql, from, Math.min(from + SLICE - 1, size))
        if (place === 0) {
          if (taken === 'of small tables') await analyze(old.sql, tables)
          for (let n = 0; n < CALLS_UNTIL_PLAN_IS_KEPT; n++) await measure(suite, old, size)
        }
        const fresh = await meterWork(database.url)
        const generic = await meterWork(database.url)
        await generic.sql`set plan_cache_mode = force_generic_plan`
        const slow: string[] = []
        for (const [plans, meter] of Object.entries({ old, fresh, generic }))
          for (const what of await measure(suite, meter, size))
            slow.push(`${size} events, ${plans} plans: ${what}`)
        expect(slow).toEqual([])
        await Promise.all([fresh.end(), generic.end()])
      }
      await old.end()
      await database.drop()
    }, 120_000)
}

/** Has no table vacuumed or analyzed from now on; returns their names. */
async function leaveTables(sql: Sql): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'`
  const names = tables.map(({ name }) => name)
  for (const name of names) await sql`alter table ${sql(name)} set (autovacuum_enabled = false)`
  return names
}

async function analyze(sql: Sql, tables: readonly string[]): Promise<void> {
  for (const table of tables) await sql`analyze ${sql(table)}`
}

/** Runs everything for events from all over the table; returns what looked at too many rows. */
async function measure(suite: GrowthSuite, meter: WorkMeter, size: number): Promise<string[]> {
  const count = Math.min(EVENTS_AT_ONCE, size)
  const numbers = Array.from({ length: count }, (_, n) => Math.ceil(((n + 1) * size) / count))
  return [
    ...(await tooMuch(meter, 'on', suite.functions(meter.sql, numbers))),
    ...(await tooMuch(meter, 'off', suite.statements(meter.sql, numbers))),
  ]
}

async function tooMuch(
  meter: WorkMeter,
  setting: 'on' | 'off',
  statements: Statements,
): Promise<string[]> {
  for (const name of ['enable_seqscan', 'enable_bitmapscan', 'jit'])
    await meter.sql`select set_config(${name}, ${setting}, false)`
  const found: string[] = []
  for (const [name, [rows, run]] of Object.entries(statements)) {
    const { steps } = await meter.workOf(async () => void (await run()))
    if (steps > OTHER_STEPS + STEPS_PER_ROW * rows)
      found.push(`${name} looks at ${steps} rows, for ${rows}`)
  }
  return found
}
