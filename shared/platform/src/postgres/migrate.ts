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
/** What `raise exception` says, in a migration to whoever migrates. */
const RAISED = 'P0001'

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
 * limit; building an index may take long.
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
  const settings = { application_name: 'migrate', statement_timeout: '0' }
  const sql = postgres(url, { ...connectionOptions(url, settings), max: 1, connect_timeout: 5 })
  try {
    await connected(sql`select pg_advisory_lock(${MIGRATION_LOCK})`)
    refuseWrongSettings(await selectWrongSettings(sql))
    await allowed(work(sql))
    await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`
  } finally {
    await sql.end({ timeout: 1 })
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
