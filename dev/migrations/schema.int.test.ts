import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { MIGRATIONS as BET_MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import {
  createBetDatabase,
  createLineDatabase,
  type TestDatabase,
} from '../testing/test-database.ts'
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

describe('what a table or a function has besides its columns and its body', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createLineDatabase()
  })
  afterAll(() => database.drop())

  /** The description between a statement and the one that undoes it. */
  async function after(statement: string): Promise<string> {
    const [change = '', undo = ''] = statement.split('--undo:')
    await database.sql.unsafe(change)
    try {
      return await describeSchema(database.sql)
    } finally {
      await database.sql.unsafe(undo)
    }
  }

  test.each([
    `create trigger t before insert on events for each row
       execute function suppress_redundant_updates_trigger() --undo: drop trigger t on events`,
    'alter table events set unlogged --undo: alter table events set logged',
    `alter table events enable row level security
     --undo: alter table events disable row level security`,
    `alter table events alter event_id set statistics 7
     --undo: alter table events alter event_id set statistics -1`,
    'create sequence s increment 5 --undo: drop sequence s',
    `alter function number_changes() strict
     --undo: alter function number_changes() called on null input`,
    'alter function number_changes() cost 7 --undo: alter function number_changes() cost 100',
    `alter function number_changes() leakproof
     --undo: alter function number_changes() not leakproof`,
  ])('is in schema.sql: %s', async (statement) => {
    const before = await describeSchema(database.sql)
    expect(await after(statement)).not.toBe(before)
    expect(await describeSchema(database.sql)).toBe(before)
  })

  test.each([
    ['relation v of kind v', 'create view v as select 1 --undo: drop view v'],
    ['relation p of kind p', 'create table p (n int) partition by list (n) --undo: drop table p'],
    ['type mood', `create type mood as enum ('good') --undo: drop type mood`],
    ['type tiny', 'create domain tiny as integer --undo: drop domain tiny'],
    ['policy mine', 'create policy mine on events --undo: drop policy mine on events'],
    [
      'rule r',
      'create rule r as on insert to events do instead nothing --undo: drop rule r on events',
    ],
    ['schema more', 'create schema more --undo: drop schema more'],
    [
      'routine p of kind p',
      `create procedure p() language sql as 'select 1' --undo: drop procedure p()`,
    ],
  ])('%s is refused, because schema.sql could not show it', async (thing, statement) => {
    await expect(after(statement)).rejects.toThrow(`does not describe: ${thing}`)
  })
})
