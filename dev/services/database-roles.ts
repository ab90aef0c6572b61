import type { connectDatabase } from '@bets/platform/postgres/database'

type Sql = ReturnType<typeof connectDatabase>

/** The owners and users of the databases, as in deploy/postgres/roles.sql. */
const DATABASE_ROLES = [
  'line_owner',
  'line_provider',
  'bet_owner',
  'bet_maker',
  'bet_worker',
] as const
export type DatabaseRole = (typeof DATABASE_ROLES)[number]

/** The URL for another role, on a server where all roles share a password or need none. */
export function urlFor(role: DatabaseRole, url: string): string {
  const changed = new URL(url)
  changed.username = role
  return changed.href
}

/**
 * Creates missing roles with the password of `url`. Existing roles keep their passwords. If those
 * differ, tests cannot log in, and should not: the server then holds the project's real databases.
 */
export async function ensureDatabaseRoles(admin: Sql, url: string): Promise<void> {
  const known = await admin<{ rolname: string }[]>`select rolname from pg_roles`
  const names = new Set(known.map(({ rolname }) => rolname))
  const password = decodeURIComponent(new URL(url).password).replaceAll("'", "''")
  for (const role of DATABASE_ROLES)
    if (!names.has(role)) await admin.unsafe(`create role ${role} login password '${password}'`)
  await admin`grant bet_maker, bet_worker to bet_owner`
}
