import type { connectDatabase } from '@bets/platform/postgres/database'

type Sql = ReturnType<typeof connectDatabase>

/** As deploy/postgres/roles.sql makes them: who owns a database, and who works on it. */
const DATABASE_ROLES = [
  'line_owner',
  'line_provider',
  'bet_owner',
  'bet_maker',
  'bet_worker',
] as const
export type DatabaseRole = (typeof DATABASE_ROLES)[number]

/**
 * A database's URL for another user of the same server, where all of them have one password or need
 * none.
 */
export function urlFor(role: DatabaseRole, url: string): string {
  const changed = new URL(url)
  changed.username = role
  return changed.href
}

/**
 * Makes those that the server lacks, with the password of `url`. One that was there keeps its own:
 * where the server asks for it and it is another, tests cannot log in, and should not, for the
 * project itself is at home there.
 */
export async function ensureDatabaseRoles(admin: Sql, url: string): Promise<void> {
  const known = await admin<{ rolname: string }[]>`select rolname from pg_roles`
  const names = new Set(known.map(({ rolname }) => rolname))
  const password = decodeURIComponent(new URL(url).password).replaceAll("'", "''")
  for (const role of DATABASE_ROLES)
    if (!names.has(role)) await admin.unsafe(`create role ${role} login password '${password}'`)
  await admin`grant bet_maker to bet_owner`
}
