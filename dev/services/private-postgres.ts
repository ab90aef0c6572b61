import { startPostgresContainer } from './postgres-container.ts'
import { startPostgresPackage } from './postgres-package.ts'
import type { PrivateService } from './private-service.ts'
import { runsInContainer } from './server-choice.ts'

export interface PrivatePostgres extends PrivateService {
  /** A folder with `psql`, `pg_dump` and `pg_restore` of the server's version. */
  tools: string
}

export interface PostgresOptions {
  /** Switches of the `postgres` command. */
  settings: readonly string[]
  tls: boolean
}

/** Switches of the `postgres` command for tests. */
export const POSTGRES_TEST_SETTINGS = [
  // Every test file has its own pools, and some tests open hundreds of connections.
  'max_connections=200',
  // Tests kill processes, never the machine, so data in the kernel's cache are safe.
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
].flatMap((setting) => ['-c', setting])

/**
 * Starts a private PostgreSQL, from Debian's package or in a container: see `runsInContainer`. It
 * listens on a free port of 127.0.0.1 and trusts every connection. The URL names its database
 * `postgres`. With `tls` it also takes TLS connections, with a certificate that nobody trusts.
 */
export async function startPrivatePostgres(
  settings: readonly string[] = POSTGRES_TEST_SETTINGS,
  { tls = false } = {},
): Promise<PrivatePostgres> {
  const start = (await runsInContainer('postgresql'))
    ? startPostgresContainer
    : startPostgresPackage
  return start({ settings, tls })
}
