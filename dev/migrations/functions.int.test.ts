import { afterAll, beforeEach, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { migrateDatabase } from '@bets/platform/postgres/migrate'
import { urlFor } from '../services/database-roles.ts'
import { createLineDatabase } from '../testing/test-database.ts'

const folder = mkdtempSync(`${tmpdir()}/bets-functions-`)
const database = await createLineDatabase()
const { sql } = database
const migrate = () => migrateDatabase(urlFor('line_owner', database.url), folder)

beforeEach(() => {
  rmSync(folder, { recursive: true })
  cpSync(MIGRATIONS, folder, { recursive: true })
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

const write = (name: string, signature: string, body: string) =>
  writeFileSync(
    `${folder}/functions/${name}.sql`,
    `create or replace function ${name}${signature} language sql as '${body}'`,
  )
const signatures = async () =>
  (
    await sql<{ signature: string }[]>`
      select oid::regprocedure || ' ' || pg_get_function_result(oid) as signature from pg_proc
      where pronamespace = 'public'::regnamespace and proname like 'f\_%' order by 1`
  ).map(({ signature }) => signature)

test('functions may call each other in any order', async () => {
  write('f_a', '() returns integer', 'select f_b()')
  write('f_b', '() returns integer', 'select 7')
  await migrate()
  expect([...(await sql`select f_a()`)]).toEqual([{ f_a: 7 }])
})

test('other parameters or another result replace a function; without a file it goes', async () => {
  write('f_a', '(n bigint) returns integer', 'select 1')
  write('f_b', '() returns text', 'select null::text')
  await migrate()
  expect(await signatures()).toEqual(['f_a(bigint) integer', 'f_b() text'])
  write('f_a', '(m bigint) returns integer', 'select 1')
  rmSync(`${folder}/functions/f_b.sql`)
  await migrate()
  expect(await signatures()).toEqual(['f_a(bigint) integer'])
})

test('functions of other owners are left alone', async () => {
  await sql`create function f_of_another() returns integer language sql as 'select 1'`
  await migrate()
  expect(await signatures()).toEqual(['f_of_another() integer'])
  await sql`drop function f_of_another()`
})

test('a wrong function is named, and leaves all functions and rights as they were', async () => {
  write('f_a', '() returns integer', 'select 1')
  await migrate()
  rmSync(`${folder}/functions/f_a.sql`)
  write('f_b', '() returns integer', 'select no_such_function()')
  await expect(migrate()).rejects.toThrow('f_b.sql: function no_such_function() does not exist')
  expect(await signatures()).toEqual(['f_a() integer'])
})
