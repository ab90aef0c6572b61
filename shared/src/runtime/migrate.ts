import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { StartError } from './env.ts'

/** Any number that both migrators agree on. */
const MIGRATION_LOCK = 7_301

/**
 * Brings a database to the newest form. Two at once take turns: drizzle's migrator takes no lock itself.
 * Migrations have no statement time limit; building an index may take long.
 */
export async function migrateDatabase(url: string, migrationsFolder: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 5 })
  try {
    await connected(sql`select pg_advisory_lock(${MIGRATION_LOCK})`)
    await migrate(drizzle(sql), { migrationsFolder })
    await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** The first statement fails when there is no connection, in the words of the driver or of the server. */
async function connected(statement: PromiseLike<unknown>): Promise<void> {
  try {
    await statement
  } catch (error) {
    throw new StartError(`The database to migrate cannot be reached: ${(error as Error).message}.`)
  }
}
