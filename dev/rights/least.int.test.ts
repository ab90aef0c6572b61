import { afterAll, expect, test } from 'bun:test'
import { meterAccounts } from '@bets/bet-maker/src/infrastructure/account.meter.ts'
import { MIGRATIONS as BET_MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { Metrics } from '@bets/platform/metrics/metrics'
import { connectDatabase, databaseUp, sqlState } from '@bets/platform/postgres/database'
import { grantRights } from '@bets/platform/postgres/migrate'
import { type DatabaseRole, urlFor } from '../services/database-roles.ts'
import {
  createBetDatabase,
  createLineDatabase,
  type TestDatabase,
} from '../testing/test-database.ts'
import { workAsBetMaker, workAsLineProvider } from './all-statements.ts'

type Sql = TestDatabase['sql']

const [line, bet] = await Promise.all([createLineDatabase(), createBetDatabase()])
const as = (role: DatabaseRole, { url }: TestDatabase) =>
  connectDatabase(urlFor(role, url), { max: 1, applicationName: role })
const sessions = {
  line_provider: as('line_provider', line),
  bet_maker: as('bet_maker', bet),
  bet_worker: as('bet_worker', bet),
}
afterAll(async () => {
  await Promise.all(Object.values(sessions).map((sql) => sql.end({ timeout: 1 })))
  await Promise.all([line.drop(), bet.drop()])
})

const work = {
  line_provider: () => workAsLineProvider(sessions.line_provider),
  bet_maker: () => workAsBetMaker(sessions.bet_maker, sessions.bet_worker),
  bet_worker: () => workAsBetMaker(sessions.bet_maker, sessions.bet_worker),
}

test('every statement of the services works under their roles', async () => {
  await work.line_provider()
  await work.bet_maker()
  // Apart from the others, because it reads all accounts.
  await meterAccounts(new Metrics(), sessions.bet_maker)()
  expect(await databaseUp(sessions.line_provider, 'feed')).toBe(true)
  expect(await databaseUp(sessions.bet_maker, 'feed_position')).toBe(true)
  expect(await databaseUp(sessions.bet_worker, 'feed_position')).toBe(true)
})

/** Each privilege of a role, as the end of a REVOKE statement. */
function rightsOf(role: string, sql: Sql) {
  return sql<{ right: string }[]>`
    select format('%s on %s %I', privilege_type,
                  case relkind when 'S' then 'sequence' else 'table' end, relname) as right
    from pg_class cross join lateral aclexplode(relacl)
    where relnamespace = 'public'::regnamespace and grantee = ${role}::regrole
    union all
    select format('%s (%I) on table %I', privilege_type, attname, relname)
    from pg_attribute join pg_class c on c.oid = attrelid cross join lateral aclexplode(attacl)
    where relnamespace = 'public'::regnamespace and grantee = ${role}::regrole
    union all
    select format('%s on function %s', privilege_type, p.oid::regprocedure)
    from pg_proc p cross join lateral aclexplode(proacl)
    where pronamespace = 'public'::regnamespace and grantee = ${role}::regrole
    order by 1`
}

/** The SQLSTATE at the bottom of an error. */
function refusalIn(error: unknown): string | undefined {
  return sqlState(error) ?? (error instanceof Error ? refusalIn(error.cause) : undefined)
}

for (const [role, owner, database, migrations] of [
  ['line_provider', 'line_owner', line, LINE_MIGRATIONS],
  ['bet_maker', 'bet_owner', bet, BET_MIGRATIONS],
  ['bet_worker', 'bet_owner', bet, BET_MIGRATIONS],
] as const)
  test(`${role} has no privilege that its statements do not need`, async () => {
    const { sql, url } = database
    const rights = await rightsOf(role, sql)
    const unneeded: string[] = []
    for (const { right } of rights) {
      await sql.unsafe(`revoke ${right} from ${role}`)
      const refusal = await work[role]().then(() => undefined, refusalIn)
      if (refusal !== '42501') unneeded.push(right)
      await grantRights(urlFor(owner, url), migrations)
    }
    console.log(`${role}: ${rights.length} privileges, each revoked once`)
    expect(unneeded).toEqual([])
    expect(rights.length).toBeGreaterThan(5)
    await work[role]()
  })
