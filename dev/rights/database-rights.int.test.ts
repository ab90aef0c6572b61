import { afterAll, describe, expect, test } from 'bun:test'
import { MIGRATIONS as BET_MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { connectDatabase, sqlState } from '@bets/platform/postgres/database'
import { grantRights, migrateDatabase } from '@bets/platform/postgres/migrate'
import { StartError } from '@bets/platform/process/env'
import { type DatabaseRole, urlFor } from '../services/database-roles.ts'
import {
  createBetDatabase,
  createLineDatabase,
  type TestDatabase,
} from '../testing/test-database.ts'
import {
  BET_MAKER_REFUSED,
  BET_WORKER_REFUSED,
  EVERYBODY_REFUSED,
  LINE_PROVIDER_REFUSED,
} from './refused.ts'

type Sql = TestDatabase['sql']

const INSUFFICIENT_PRIVILEGE = '42501'
const [line, bet] = await Promise.all([createLineDatabase(), createBetDatabase()])
const sessions = new Map<string, Sql>()
afterAll(async () => {
  await Promise.all([...sessions.values()].map((sql) => sql.end({ timeout: 1 })))
  await Promise.all([line.drop(), bet.drop()])
})

/** A session logged in as the role. */
function as(role: DatabaseRole, { url }: TestDatabase): Sql {
  const known = sessions.get(role + url)
  const sql =
    known ?? connectDatabase(urlFor(role, url), { max: 1, applicationName: `test-${role}` })
  sessions.set(role + url, sql)
  return sql
}

/** The SQLSTATE with which a statement is rejected, or undefined. */
async function refusal(sql: Sql, statement: string): Promise<string | undefined> {
  try {
    await sql.unsafe(statement)
    return undefined
  } catch (error) {
    return sqlState(error) ?? String(error)
  }
}

const SERVICES = [
  ['line_provider', line, bet, LINE_PROVIDER_REFUSED],
  ['bet_maker', bet, line, BET_MAKER_REFUSED],
  ['bet_worker', bet, line, BET_WORKER_REFUSED],
] as const

for (const [role, own, other, refused] of SERVICES)
  describe(role, () => {
    test.each([...refused, ...EVERYBODY_REFUSED])('F38 may not: %s', async (statement) => {
      expect(await refusal(as(role, own), statement)).toBe(INSUFFICIENT_PRIVILEGE)
    })

    test('may not log in to the other database', async () => {
      expect(await refusal(as(role, other), 'select 1')).toBe(INSUFFICIENT_PRIVILEGE)
    })

    test('may not end the sessions of another role', async () => {
      for (const another of ['line_owner', 'bet_owner', 'bet_maker', 'bet_worker'] as const) {
        if (another === role) continue
        const database = another === 'line_owner' ? line : bet
        const [row] = await as(another, database)`select pg_backend_pid() as pid`
        const end = `select pg_terminate_backend(${row?.pid})`
        expect(await refusal(as(role, own), end)).toBe(INSUFFICIENT_PRIVILEGE)
      }
    })

    test('may create nothing, so it cannot shadow what a function refers to', async () => {
      const rows = await own.sql`
        select nspname from pg_namespace where has_schema_privilege(${role}, oid, 'create')`
      expect([...rows]).toEqual([])
      const [database] = await own.sql`
        select has_database_privilege(${role}, current_database(), 'create') as create,
               has_database_privilege(${role}, current_database(), 'temporary') as temporary`
      expect(database).toEqual({ create: false, temporary: false })
    })
  })

const EXECUTES = {
  line_provider: [
    ...['advance_relay_lease', 'change_events', 'hold_relay_lease', 'number_changes'],
    'release_relay_lease',
  ],
  bet_maker: [
    ...['bet_refusal', 'explain_bets', 'explain_refusals', 'explain_transfers', 'feed_is_fresh'],
    ...['learn_events', 'make_transfers', 'place_bets', 'void_reason'],
  ],
  bet_worker: [
    ...['apply_line_events', 'await_placements', 'complete_feed_sync', 'finish_settling'],
    ...['line_offset_within_us', 'mark_listed', 'measure_line_clock', 'placement_barrier'],
    ...['raise_version_base', 'settle_chunk', 'start_feed_over', 'suspend_unlisted'],
    ...['take_events', 'terminate_stuck_placements', 'this_database'],
  ],
}

test.each(SERVICES)(
  'F38 %s writes no table or sequence itself, and calls the functions listed here',
  async (role, { sql }) => {
    const written = await sql<{ name: string }[]>`
      select c.oid::regclass::text as name
      from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname not in ('pg_catalog', 'information_schema')
        and case relkind
              when 'S' then has_sequence_privilege(${role}, c.oid, 'usage, update')
              else has_any_column_privilege(${role}, c.oid, 'insert, update, references')
                or has_table_privilege(${role}, c.oid, 'delete, truncate, trigger')
            end
        and relkind in ('r', 'p', 'v', 'm', 'f', 'S')`
    expect([...written]).toEqual([])
    const called = await sql<{ name: string }[]>`
      select proname as name from pg_proc join pg_namespace n on n.oid = pronamespace
      where nspname not in ('pg_catalog', 'information_schema')
        and has_function_privilege(${role}, pg_proc.oid, 'execute')
      order by proname collate "C"`
    expect(called.map(({ name }) => name)).toEqual(EXECUTES[role])
  },
)

for (const [owner, role, database, migrations] of [
  ['line_owner', 'line_provider', line, LINE_MIGRATIONS],
  ['bet_owner', 'bet_maker', bet, BET_MIGRATIONS],
  ['bet_owner', 'bet_worker', bet, BET_MIGRATIONS],
] as const) {
  test(`what a migration of ${owner} adds is denied to ${role} until granted`, async () => {
    const name = `later_for_${role}`
    await as(owner, database).unsafe(`
      create table ${name} (number bigint generated always as identity);
      create function ${name}_function() returns integer language sql as 'select 1'`)
    // As the migrator does: by default, PostgreSQL lets everybody call a new function.
    await grantRights(urlFor(owner, database.url), migrations)
    for (const statement of [
      `select from ${name}`,
      `insert into ${name} default values`,
      `select nextval('${name}_number_seq')`,
      `select ${name}_function()`,
    ])
      expect(await refusal(as(role, database), statement)).toBe(INSUFFICIENT_PRIVILEGE)
    await as(owner, database).unsafe(`drop table ${name}; drop function ${name}_function()`)
  })

  test(`everything in the database of ${owner} belongs to ${owner}`, async () => {
    const rows = await database.sql`
      select relname as name from pg_class
      where relnamespace in ('public'::regnamespace, 'drizzle'::regnamespace)
        and relowner <> ${owner}::regrole
      union all
      select proname from pg_proc
      where pronamespace = 'public'::regnamespace and proowner <> ${owner}::regrole`
    expect([...rows]).toEqual([])
  })
}

test.each([
  ['line_db', line, ['change_applies']],
  [
    'bet_db',
    bet,
    [
      ...['bets_id_seq', 'ledger_entries_id_seq', 'transfers_id_seq'],
      ...['hold_accounts', 'judged_event', 'latest_end', 'max_stake', 'pay_accounts'],
      ...['post_entries', 'said_events', 'settlement', 'settling_ranges', 'version_base_lock'],
    ],
  ],
] as const)(
  'rights.sql of %s decides on all tables, sequences and functions, and grants no one else',
  async (_, database, ownersAlone) => {
    const granted = await database.sql<{ what: string; to: string }[]>`
      select what, grantee::regrole::text as to from (
        select c.relname as what, acl.grantee from pg_class c
        cross join lateral (
          select grantee from aclexplode(c.relacl)
          union all
          select a.grantee from pg_attribute cross join lateral aclexplode(attacl) a
          where attrelid = c.oid
        ) acl
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'S', 'v', 'm', 'p')
          and acl.grantee <> c.relowner
        union
        select proname, acl.grantee from pg_proc cross join lateral aclexplode(proacl) acl
        where pronamespace = 'public'::regnamespace and acl.grantee <> proowner
      ) rights`
    // PUBLIC would be called '-' here.
    for (const { to } of granted) expect(to).toBeOneOf(['line_provider', 'bet_maker', 'bet_worker'])

    const there = await database.sql<{ what: string }[]>`
      select relname as what from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'S', 'v', 'm', 'p')
      union select proname from pg_proc where pronamespace = 'public'::regnamespace`
    const named = new Set<string>([...ownersAlone, ...granted.map(({ what }) => what)])
    expect(named).toEqual(new Set(there.map(({ what }) => what)))
  },
)

test('F38 a login without rights may call no function, also where one role does all', async () => {
  const own = await createBetDatabase()
  try {
    const asOwner = urlFor('bet_maker', own.url)
    await own.sql.unsafe(`drop schema public cascade; drop schema drizzle cascade;
      alter database ${new URL(own.url).pathname.slice(1)} owner to bet_maker;
      grant connect on database ${new URL(own.url).pathname.slice(1)} to public;
      create schema public authorization bet_maker; grant usage on schema public to public`)
    await migrateDatabase(asOwner, BET_MIGRATIONS)
    const open = await own.sql<{ name: string }[]>`
      select proname as name from pg_proc
      where pronamespace = 'public'::regnamespace
        and has_function_privilege('line_provider', oid, 'execute')`
    expect([...open]).toEqual([])
    expect(await refusal(as('line_provider', own), `select place_bets('[]', 20000)`)).toBe(
      INSUFFICIENT_PRIVILEGE,
    )
    expect(await refusal(as('bet_maker', own), `select place_bets('[]', 20000)`)).toBeUndefined()
  } finally {
    await sessions.get(`line_provider${own.url}`)?.end({ timeout: 1 })
    await sessions.get(`bet_maker${own.url}`)?.end({ timeout: 1 })
    await own.drop()
  }
})

test.each([
  ['line_db', line],
  ['bet_db', bet],
] as const)(
  'F38 in %s a function with the rights of its owner finds nothing but ours and PostgreSQL’s',
  async (_, { sql }) => {
    const paths = await sql<{ path: string }[]>`
      select distinct setting as path from pg_proc
      left join unnest(proconfig) setting on setting like 'search\_path=%'
      where pronamespace = 'public'::regnamespace and prosecdef`
    expect(paths.length).toBeGreaterThan(0)
    for (const { path } of paths)
      expect(path).toBeOneOf([
        'search_path=pg_catalog, public, pg_temp',
        'search_path=pg_catalog, pg_temp',
      ])
  },
)

test('only the owner can migrate; any other role gets a one-line error', async () => {
  const migrated = migrateDatabase(urlFor('line_provider', line.url), LINE_MIGRATIONS)
  await expect(migrated).rejects.toThrow(
    new StartError('The database to migrate cannot be changed: the role of its URL must own it.'),
  )
})
