import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { MIGRATIONS as BET_MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { createBetDatabase, createLineDatabase } from '../testing/test-database.ts'
import { describeSchema } from './schema.ts'

test.each([
  ['line_db', createLineDatabase, LINE_MIGRATIONS],
  ['bet_db', createBetDatabase, BET_MIGRATIONS],
])(
  'schema.sql is what the migrations make of %s: bun dev/migrations/schema.ts writes it',
  async (_name, create, migrations) => {
    const { sql, drop } = await create()
    try {
      expect(await describeSchema(sql)).toBe(readFileSync(`${migrations}/schema.sql`, 'utf8'))
      const rows = await sql<{ file: string }[]>`
      select proname || '.sql' as file from pg_proc
      where pronamespace = 'public'::regnamespace order by proname collate "C"`
      // Each is in the file of its name.
      expect(rows.map(({ file }) => file)).toEqual(readdirSync(`${migrations}/functions`).sort())
    } finally {
      await drop()
    }
  },
)
