import type { Sql } from 'postgres'
import type { Shutdown } from '../process/shutdown.ts'
import { checkLogin, connectDatabase } from './database.ts'

interface DatabaseConfig {
  databaseUrl: string
  databasePoolMax: number
}

/**
 * The pool of a service's process, until `shutdown` releases it. Throws `SettingError`, which names
 * `setting`, when the server refuses the login; a server that does not answer may come later.
 */
export async function startDatabase(
  service: string,
  setting: string,
  { databaseUrl, databasePoolMax }: DatabaseConfig,
  shutdown: Shutdown,
): Promise<Sql> {
  const sql = connectDatabase(databaseUrl, { max: databasePoolMax, applicationName: service })
  shutdown.add('database', () => sql.end({ timeout: 1 }))
  await checkLogin(sql, setting)
  return sql
}
