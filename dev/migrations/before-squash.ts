import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { MIGRATIONS as BET_MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { connectDatabase } from '@bets/platform/postgres/database'
import { migrateDatabase } from '@bets/platform/postgres/migrate'
import { urlFor } from '../services/database-roles.ts'
import { createBetDatabase, createLineDatabase } from '../testing/test-database.ts'

export const KINDS = {
  bet: {
    create: createBetDatabase,
    owner: 'bet_owner',
    service: 'bet-maker',
    migrations: BET_MIGRATIONS,
  },
  line: {
    create: createLineDatabase,
    owner: 'line_owner',
    service: 'line-provider',
    migrations: LINE_MIGRATIONS,
  },
} as const

/** A database made by the version before, and the journal of one made by this version. */
export async function createOldDatabase(kind: keyof typeof KINDS) {
  const { create, owner, service, migrations } = KINDS[kind]
  const database = await create()
  const { sql } = database
  const journal = async () => [
    ...(await sql`select hash, created_at from drizzle.__drizzle_migrations`),
  ]
  const fresh = await journal()
  await sql.unsafe(`drop schema public cascade; drop schema drizzle cascade;
    create schema public authorization ${owner}`)
  const url = urlFor(owner, database.url)
  await migrateAsBefore(url, service)
  return { ...database, fresh, journal, migrate: () => migrateDatabase(url, migrations) }
}

/**
 * Migrates an empty database with the migrations from before the squash, including drizzle's
 * journal. They are kept byte for byte, because databases are recognised by their digests.
 */
export async function migrateAsBefore(
  url: string,
  service: 'line-provider' | 'bet-maker',
): Promise<void> {
  const sql = connectDatabase(url, { max: 1, applicationName: 'before the squash' })
  const folder = `${import.meta.dir}/before-squash/${service}`
  try {
    await sql.unsafe(`create schema drizzle;
      create table drizzle.__drizzle_migrations (
        id serial primary key, hash text not null, created_at bigint)`)
    for (const name of readdirSync(folder).sort()) {
      const migration = readFileSync(`${folder}/${name}`, 'utf8')
      await sql.unsafe(migration)
      const hash = createHash('sha256').update(migration).digest('hex')
      await sql`
        insert into drizzle.__drizzle_migrations (hash, created_at)
        values (${hash}, 1795430769614 + ${Number(name.slice(0, 4))})`
    }
  } finally {
    await sql.end({ timeout: 1 })
  }
}
