import { afterAll, afterEach, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { MIGRATIONS as BET_MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { urlFor } from '../services/database-roles.ts'
import { eventually } from '../testing/eventually.ts'
import { startCommand } from './command.ts'
import { type HeldLock, holdLock } from './held-lock.ts'
import { systemDuringTests } from './system.ts'

/** The lock that the migration waits for until the test has checked who waits for whom. */
const HELD = 99
/** The lock that serialises migrators. */
const MIGRATION_LOCK = 7_301
/** Fails when applied twice. */
const NEXT = `create table added_while_running (number integer primary key);
select pg_advisory_xact_lock(${HELD});
insert into added_while_running values (1);`

const system = systemDuringTests({ LOG_LEVEL: 'warn' })
const folder = mkdtempSync(`${tmpdir()}/bets-migrations-`)
let held: HeldLock | undefined

afterEach(() => held?.release())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Copies a service's migrations and adds one; returns their folder. */
function withNextMigration(name: string, migrations: string): string {
  const copy = `${folder}/${name}`
  cpSync(migrations, copy, { recursive: true })
  const journal = JSON.parse(readFileSync(`${copy}/meta/_journal.json`, 'utf8'))
  const last = journal.entries.at(-1)
  journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag: 'next' })
  writeFileSync(`${copy}/meta/_journal.json`, JSON.stringify(journal))
  writeFileSync(`${copy}/next.sql`, NEXT)
  return copy
}

/** Runs a migrator as a separate process on these migrations. */
function migrate(url: string, migrations: string) {
  const code = `import { migrateDatabase } from '@bets/platform/postgres/migrate'
    await migrateDatabase(${JSON.stringify(url)}, ${JSON.stringify(migrations)})`
  return startCommand([process.execPath, '-e', code]).done
}

for (const [name, migrations, setting, owner] of [
  ['line_db', LINE_MIGRATIONS, 'LINE_DATABASE_URL', 'line_owner'],
  ['bet_db', BET_MIGRATIONS, 'BET_DATABASE_URL', 'bet_owner'],
] as const)
  test(`F21 two migrators on ${name} while services run: one applies, one waits`, async () => {
    const url = system.env[setting] as string
    const sql = name === 'line_db' ? system.lineSql : system.betSql
    const applied = async () => (await sql`select from drizzle.__drizzle_migrations`).length
    const before = await applied()
    const load = await system.load(name)

    held = await holdLock(url, `select pg_advisory_xact_lock(${HELD})`)
    const next = withNextMigration(name, migrations)
    const asOwner = urlFor(owner, url)
    const migrators = [migrate(asOwner, next), migrate(asOwner, next)]
    // One is in the middle of the migration, the other has not started.
    await eventually(async () => {
      const waiting = await sql<{ lock: number }[]>`
        select objid::int as lock from pg_locks
        where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())
        order by 1`
      expect(waiting.map(({ lock }) => lock)).toEqual([HELD, MIGRATION_LOCK])
    })
    // Meanwhile the services work: the load fails on answers that a healthy system does not give.
    const [bets, changes] = [load.accepted.size, load.changes.length]
    await Bun.sleep(500)
    expect(load.accepted.size).toBeGreaterThan(bets)
    expect(load.changes.length).toBeGreaterThan(changes)
    expect(await applied()).toBe(before)

    await held.release()
    for (const result of await Promise.all(migrators))
      expect(result).toEqual({ code: 0, output: '' })
    expect(await applied()).toBe(before + 1)
    expect([...(await sql`select number from added_while_running`)]).toEqual([{ number: 1 }])
    await Bun.sleep(200)
    await load.stop()
    await system.atRest(10_000, load.accepted)
  })
