import { existsSync } from 'node:fs'
import { DrizzleQueryError } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres, { type Sql } from 'postgres'
import { StartError } from '../process/env.ts'
import { connectionOptions, refuseWrongSettings, selectWrongSettings } from './connection.ts'
import { sqlState } from './database.ts'
import { replaceFunctions } from './functions.ts'

/** Any number that both migrators agree on. */
const MIGRATION_LOCK = 7_301

const INSUFFICIENT_PRIVILEGE = '42501'
const LOCK_NOT_AVAILABLE = '55P03'
/** What `raise exception` says, in a migration to whoever migrates. */
const RAISED = 'P0001'

/**
 * Whoever waits for a table holds up everybody who comes later, so each try gives up soon. Together
 * they last six seconds.
 */
const LOCK_TIMEOUT = '100ms'
const TRIES = 20
const PAUSE_MS = 200

/**
 * Beside the migrations: brings a database of an earlier form to where the first of them begins.
 */
const BRING_OVER_FILE = 'bring-over.sql'
/** Beside the migrations: who may do what with what they have made. */
const RIGHTS_FILE = 'rights.sql'

/**
 * Brings a database to the newest form: first the migrations (tables and data), then, in one
 * transaction, the functions in their current form and the rights of the services' roles. Two at
 * once take turns: drizzle's migrator takes no lock itself. Migrations have no statement time
 * limit; building an index may take long. While somebody keeps a table locked, all that is missing
 * is tried again for a few seconds; then it throws `StartError`, and nothing was changed.
 *
 * The folder holds `NNNN_name.sql` with drizzle's journal in `meta/`, `functions/NAME.sql` and
 * `rights.sql`, and `bring-over.sql` while databases of an earlier form are supported.
 */
export function migrateDatabase(url: string, migrationsFolder: string): Promise<void> {
  return locked(url, async (sql) => {
    const bringOver = `${migrationsFolder}/${BRING_OVER_FILE}`
    if (existsSync(bringOver)) await sql.file(bringOver)
    await refuseOther(sql, migrationsFolder)
    await migrate(drizzle(sql), { migrationsFolder })
    await sql.begin(async (transaction) => {
      await replaceFunctions(transaction, `${migrationsFolder}/functions`)
      await transaction.file(`${migrationsFolder}/${RIGHTS_FILE}`)
    })
  })
}

/**
 * Gives the services' roles their rights in a database that is in its newest form, as a copy of one
 * may be.
 */
export function grantRights(url: string, migrationsFolder: string): Promise<void> {
  return locked(url, async (sql) => void (await sql.file(`${migrationsFolder}/${RIGHTS_FILE}`)))
}

async function locked(url: string, work: (sql: Sql) => Promise<void>): Promise<void> {
  // Migrations reset the time limit for locks to that of the session.
  const settings = {
    application_name: 'migrate',
    statement_timeout: '0',
    lock_timeout: LOCK_TIMEOUT,
  }
  const sql = postgres(url, { ...connectionOptions(url, settings), max: 1, connect_timeout: 5 })
  try {
    await connected(
      sql.unsafe(
        `set lock_timeout = 0; select pg_advisory_lock(${MIGRATION_LOCK}); reset lock_timeout`,
      ),
    )
    refuseWrongSettings(await selectWrongSettings(sql))
    await allowed(untilUnlocked(() => work(sql)))
    await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Tries the work again while a table is locked; all of it, because it is done or undone whole. */
async function untilUnlocked(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error
      if (attempt === TRIES)
        throw new StartError(
          'The database was not migrated: somebody else, such as a backup or a vacuum, keeps its ' +
            'tables locked. Migrate again when that has ended.',
        )
      await Bun.sleep(PAUSE_MS)
    }
  }
}

/**
 * The first statement fails when there is no connection, in the words of the driver or of the
 * server.
 */
async function connected(statement: PromiseLike<unknown>): Promise<void> {
  try {
    await statement
  } catch (error) {
    throw new StartError(`The database to migrate cannot be reached: ${(error as Error).message}.`)
  }
}

/** In the other service's database, drizzle would take some of our migrations for applied. */
async function refuseOther(sql: Sql, migrationsFolder: string): Promise<void> {
  const [journal] = await sql`select to_regclass('drizzle.__drizzle_migrations') as name`
  if (journal?.name === null) return
  const [first] = await sql`select hash from drizzle.__drizzle_migrations order by id limit 1`
  const [own] = readMigrationFiles({ migrationsFolder })
  if (first !== undefined && first.hash !== own?.hash)
    throw new StartError(
      'The database to migrate belongs to another service: each needs a database of its own.',
    )
}

/** What the server refuses is said in one line, without the statements. */
async function allowed(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    const state = sqlState(error)
    if (state === undefined) throw error
    if (state === INSUFFICIENT_PRIVILEGE)
      throw new StartError(
        'The database to migrate cannot be changed: the role of its URL must own it.',
      )
    const { message } = (error instanceof DrizzleQueryError ? error.cause : error) as Error
    throw new StartError(
      state === RAISED ? message : `The database cannot be migrated: ${message}.`,
    )
  }
}
