import { migrateDatabase } from '@bets/platform/postgres/migrate'
import { runProcess } from '@bets/platform/process/run-process'
import { readDatabaseUrl } from './config.ts'

/** The folder of the migrations, with `rights.sql`. */
export const MIGRATIONS = `${import.meta.dir}/../migrations`

/** Brings `line_db` to the newest form. */
async function main(): Promise<void> {
  await migrateDatabase(readDatabaseUrl(), MIGRATIONS)
  console.log('line_db is up to date')
}

if (import.meta.main) runProcess(main)
