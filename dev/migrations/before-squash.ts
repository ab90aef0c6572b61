import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { connectDatabase } from '@bets/platform/postgres/database'

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
