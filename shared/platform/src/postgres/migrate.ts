import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres, { type Sql } from 'postgres'
import { StartError } from '../process/env.ts'
import { sqlState } from './database.ts'

/** Any number that both migrators agree on. */
const MIGRATION_LOCK = 7_301

const INSUFFICIENT_PRIVILEGE = '42501'

/** Beside the migrations: who may do what with what they have made. */
const RIGHTS_FILE = 'rights.sql'

/**
 * Brings a database to the newest form and gives the services' roles their rights. Two at once take
 * turns: drizzle's migrator takes no lock itself. Migrations have no statement time limit; building
 * an index may take long.
 */
export function migrateDatabase(url: string, migrationsFolder: string): Promise<void> {
  return locked(url, async (sql) => {
    await migrate(drizzle(sql), { migrationsFolder })
    await sql.file(`${migrationsFolder}/${RIGHTS_FILE}`)
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
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 5 })
  try {
    await connected(sql`select pg_advisory_lock(${MIGRATION_LOCK})`)
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

/** Who is not the owner, as a service's own role is not, is told so in a line. */
async function allowed(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error
    throw new StartError(
      'The database to migrate cannot be changed: the role of its URL must own it.',
    )
  }
}
