import type { Sql } from 'postgres'
import type { Metrics } from '../metrics/metrics.ts'
import type { Shutdown } from '../process/shutdown.ts'
import { checkLogin, connectDatabase } from './database.ts'
import { meterStatements } from './statement.meter.ts'

interface DatabaseOptions {
  /** Shown in `pg_stat_activity`. */
  service: string
  /** The name of the setting that `url` comes from. */
  setting: string
  url: string
  /** The most connections. */
  poolMax: number
  metrics: Metrics
  shutdown: Shutdown
}

/**
 * Creates the connection pool of a process, with metered statements, until `shutdown` releases it.
 * Throws `SettingError` if the server rejects the login. An unreachable server may come up later.
 */
export async function startDatabase(options: DatabaseOptions): Promise<Sql> {
  const { service, setting, url, poolMax, metrics, shutdown } = options
  const sql = connectDatabase(url, { max: poolMax, applicationName: service })
  const stopMetering = meterStatements(metrics, poolMax)
  shutdown.add('database', async () => {
    stopMetering()
    await sql.end({ timeout: 1 })
  })
  await checkLogin(sql, setting)
  return sql
}
