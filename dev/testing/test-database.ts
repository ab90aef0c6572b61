import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { MIGRATIONS as BET_MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { connectDatabase } from '@bets/platform/postgres/database'
import { grantRights, migrateDatabase } from '@bets/platform/postgres/migrate'
import { type DatabaseRole, ensureDatabaseRoles, urlFor } from '../services/database-roles.ts'
import { testServiceUrl } from './test-services.ts'

/** Any otherwise unused number. */
const TEMPLATE_LOCK = 7_302
const POOL_MAX = 4
/** Copying a database takes longer than any statement of a service may. */
const ADMIN_STATEMENT_TIMEOUT_MS = 60_000

type Sql = ReturnType<typeof connectDatabase>

export interface TestDatabase {
  /** For the server's superuser. */
  url: string
  /** A pool like the services', for the superuser. */
  sql: Sql
  /** Ends the pool and drops the database, even with open connections. */
  drop(): Promise<void>
}

/** How to create one of the two databases. */
interface Kind {
  name: 'line' | 'bet'
  owner: DatabaseRole
  migrations: string
}

/** A fresh `line_db` in its newest form, on the server for tests unless another is given. */
export function createLineDatabase(server?: string): Promise<TestDatabase> {
  return createTestDatabase(
    { name: 'line', owner: 'line_owner', migrations: LINE_MIGRATIONS },
    server,
  )
}

/** A fresh `bet_db` in its newest form, on the server for tests unless another is given. */
export function createBetDatabase(server?: string): Promise<TestDatabase> {
  return createTestDatabase({ name: 'bet', owner: 'bet_owner', migrations: BET_MIGRATIONS }, server)
}

async function createTestDatabase(
  kind: Kind,
  server = testServiceUrl('TEST_DATABASE_URL'),
): Promise<TestDatabase> {
  const name = `test_${kind.name}_${crypto.randomUUID().slice(0, 8)}`
  await asAdmin(server, async (admin) => {
    const template = await ensureTemplate(admin, server, kind)
    await admin.unsafe(`create database ${name} template ${template} owner ${kind.owner}`)
  })
  const url = urlOf(server, name)
  // The right to connect is not copied.
  await grantRights(urlFor(kind.owner, url), kind.migrations)
  const sql = connectDatabase(url, { max: POOL_MAX, applicationName: 'test' })
  return {
    url,
    sql,
    async drop() {
      await sql.end({ timeout: 1 })
      await asAdmin(server, (admin) => admin.unsafe(`drop database if exists ${name} with (force)`))
    },
  }
}

/**
 * Migrates a template once per server and version of the migrations, because copying it takes only
 * milliseconds. It gets its name when it is complete, so that no partial one is copied. Returns the
 * name.
 */
async function ensureTemplate(
  admin: Sql,
  server: string,
  { name, owner, migrations }: Kind,
): Promise<string> {
  const template = `template_${name}_${hashOf(migrations)}`
  await admin`select pg_advisory_lock(${TEMPLATE_LOCK})`
  try {
    await ensureDatabaseRoles(admin, server)
    const [known] = await admin`select from pg_database where datname = ${template}`
    if (known !== undefined) return template
    const unfinished = `${template}_unfinished`
    await admin.unsafe(`drop database if exists ${unfinished} with (force)`)
    await admin.unsafe(`create database ${unfinished} owner ${owner}`)
    await migrateDatabase(urlFor(owner, urlOf(server, unfinished)), migrations)
    await admin.unsafe(`alter database ${unfinished} rename to ${template}`)
    return template
  } finally {
    await admin`select pg_advisory_unlock(${TEMPLATE_LOCK})`
  }
}

/** A short hash of all files below the folder. */
function hashOf(folder: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = `${folder}/${name}`
    if (statSync(path).isFile()) hash.update(`${name}\n`).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 12)
}

/** One connection, because the lock belongs to it. */
async function asAdmin<T>(server: string, work: (admin: Sql) => Promise<T>): Promise<T> {
  const url = new URL(server)
  url.searchParams.set('statement_timeout', String(ADMIN_STATEMENT_TIMEOUT_MS))
  const admin = connectDatabase(url.href, { max: 1, applicationName: 'test-admin' })
  try {
    return await work(admin)
  } finally {
    await admin.end({ timeout: 1 })
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}
