import type { connectDatabase } from '@bets/platform/postgres/database'

type Sql = ReturnType<typeof connectDatabase>

/** The owners and the users of the databases, as deploy/postgres/roles.sql makes them. */
const DATABASE_ROLES = [
  'line_owner',
  'line_provider',
  'bet_owner',
  'bet_maker',
  'bet_worker',
] as const
export type DatabaseRole = (typeof DATABASE_ROLES)[number]

/** The URL for another user of the same server, where all users share one password or need none. */
export function urlFor(role: DatabaseRole, url: string): string {
  const changed = new URL(url)
  changed.username = role
  return changed.href
}

/**
 * Makes those that the server lacks, with the password of `url`. An existing role keeps its own. If
 * the server asks for passwords and that one differs, tests cannot log in, and should not: the
 * project itself lives on that server.
 */
export async function ensureDatabaseRoles(admin: Sql, url: string): Promise<void> {
  const known = await admin<{ rolname: string }[]>`select rolname from pg_roles`
  const names = new Set(known.map(({ rolname }) => rolname))
  const password = decodeURIComponent(new URL(url).password).replaceAll("'", "''")
  for (const role of DATABASE_ROLES)
    if (!names.has(role)) await admin.unsafe(`create role ${role} login password '${password}'`)
  await admin`grant bet_maker to bet_owner`
}
