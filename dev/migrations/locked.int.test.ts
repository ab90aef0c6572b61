import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { migrateDatabase } from '@bets/platform/postgres/migrate'
import { StartError } from '@bets/platform/process/env'
import { holdLock } from '../e2e/held-lock.ts'
import { urlFor } from '../services/database-roles.ts'
import { createBetDatabase, type TestDatabase } from '../testing/test-database.ts'

/** The migrations and one more, which needs `bets` for itself. */
const folder = mkdtempSync(`${tmpdir()}/migrations-`)
cpSync(MIGRATIONS, folder, { recursive: true })
const journalFile = `${folder}/meta/_journal.json`
const journal = JSON.parse(readFileSync(journalFile, 'utf8'))
const next = { ...journal.entries.at(-1), idx: journal.entries.length, tag: '9999_next' }
journal.entries.push({ ...next, when: next.when + 1 })
writeFileSync(journalFile, JSON.stringify(journal))
writeFileSync(`${folder}/9999_next.sql`, 'alter table bets add column next integer;')
afterAll(() => rmSync(folder, { recursive: true }))

let db: TestDatabase
beforeEach(async () => {
  db = await createBetDatabase()
})
afterEach(() => db.drop())

const migrate = () => migrateDatabase(urlFor('bet_owner', db.url), folder)
const hasNext = async () =>
  (await db.sql`select from pg_attribute where attrelid = 'bets'::regclass and attname = 'next'`)
    .length

test('a migration waits for a table that somebody holds for a while', async () => {
  const held = await holdLock(db.url, 'lock table bets in access share mode')
  const migrated = migrate()
  await Bun.sleep(700)
  expect(await hasNext()).toBe(0)
  await held.release()
  await migrated
  expect(await hasNext()).toBe(1)
})

test('a migration gives up a table that stays locked, in one sentence', async () => {
  const held = await holdLock(db.url, 'lock table bets in access share mode')
  await expect(migrate()).rejects.toThrow(
    new StartError(
      'The database was not migrated: somebody else, such as a backup or a vacuum, keeps its ' +
        'tables locked. Migrate again when that has ended.',
    ),
  )
  expect(await hasNext()).toBe(0)
  await held.release()
}, 20_000)
