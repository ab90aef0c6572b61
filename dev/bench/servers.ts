import { connectDatabase } from '@bets/platform/postgres/database'
import { ensureDebianPackages } from '../services/debian-packages.ts'
import { startPrivatePostgres } from '../services/private-postgres.ts'
import { startPrivateRabbitMq } from '../services/private-rabbitmq.ts'
import type { PrivateService } from '../services/private-service.ts'

/**
 * Durability is PostgreSQL's default. These settings only keep checkpoints from hitting some rounds
 * and not others.
 */
const POSTGRES_SETTINGS = [
  'max_connections=200',
  'shared_buffers=1GB',
  'max_wal_size=16GB',
  'checkpoint_timeout=60min',
  'shared_preload_libraries=pg_stat_statements',
].flatMap((setting) => ['-c', setting])

/** Without these, an acknowledged commit could be lost, and its speed would mean nothing. */
const DURABLE = ['fsync', 'synchronous_commit', 'full_page_writes'] as const

export interface Servers {
  postgres: PrivateService
  /** "PostgreSQL 15.18" */
  versions: string
  stop(): Promise<void>
}

/**
 * Starts a private PostgreSQL and RabbitMQ, and makes all test databases and processes use them.
 */
export async function startServers(): Promise<Servers> {
  await ensureDebianPackages(['postgresql', 'rabbitmq-server', 'wrk'])
  const [postgres, rabbitmq] = await Promise.all([
    startPrivatePostgres(POSTGRES_SETTINGS),
    startPrivateRabbitMq(),
  ])
  process.env.TEST_DATABASE_URL = postgres.url
  process.env.TEST_BROKER_URL = rabbitmq.url
  const stop = async () => void (await Promise.all([postgres.remove(), rabbitmq.remove()]))
  const sql = connectDatabase(postgres.url, { max: 1, applicationName: 'bench' })
  try {
    // Not as a command-line setting, because it must be changeable when costs are measured.
    await sql.unsafe("alter system set pg_stat_statements.track = 'none'")
    await sql`select pg_reload_conf()`
    for (const name of DURABLE) {
      const [row] = await sql<[{ setting: string }]>`select current_setting(${name}) as setting`
      if (row.setting !== 'on')
        throw new Error(
          `PostgreSQL runs with ${name} = ${row.setting}, so nothing measured is meaningful.`,
        )
    }
    const [{ version }] = await sql<
      [{ version: string }]
    >`select current_setting('server_version') as version`
    return { postgres, versions: `PostgreSQL ${version.split(' ')[0]}, Bun ${Bun.version}`, stop }
  } catch (error) {
    await stop()
    throw error
  } finally {
    await sql.end({ timeout: 1 })
  }
}
