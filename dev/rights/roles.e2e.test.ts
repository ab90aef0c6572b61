import { afterEach, expect, test } from 'bun:test'
import { connectDatabase, sqlState } from '@bets/platform/postgres/database'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { spawnService } from '../testing/process.ts'
import { cleanBroker } from '../testing/test-broker.ts'
import { get, send } from '../traffic/client.ts'
import { migrate, PASSWORDS, type Passwords, startGuardedPostgres } from './roles-script.ts'

const WRONG_PASSWORD = '28P01'
const DONE = { code: 0, output: 'Roles and databases are up to date\n' }
const SERVICES = [
  ['line_provider', 'LINE_DB_PASSWORD', 'line_db'],
  ['bet_maker', 'BET_DB_PASSWORD', 'bet_db'],
  ['bet_worker', 'BET_WORKER_PASSWORD', 'bet_db'],
] as const

type Guarded = Awaited<ReturnType<typeof startGuardedPostgres>>
let postgres: Guarded
afterEach(() => postgres.remove())

/** The SQLSTATE with which a login or a statement is rejected. */
async function refusal(url: string, statement = 'select 1'): Promise<string | undefined> {
  const sql = connectDatabase(url, { max: 1, applicationName: 'test' })
  try {
    await sql.unsafe(statement)
    return undefined
  } catch (error) {
    return sqlState(error) ?? String(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function migrateBoth(): Promise<void> {
  const { urlOf } = postgres
  const line = urlOf('line_owner', PASSWORDS.LINE_OWNER_PASSWORD, 'line_db')
  const bet = urlOf('bet_owner', PASSWORDS.BET_OWNER_PASSWORD, 'bet_db')
  expect(await migrate('line-provider', line)).toEqual({
    code: 0,
    output: 'line_db is up to date\n',
  })
  expect(await migrate('bet-maker', bet)).toEqual({ code: 0, output: 'bet_db is up to date\n' })
}

/** Runs the processes, each under its own role, until an event has been bet on and settled. */
async function tellStory(event_id: string): Promise<string> {
  const url = (role: string, setting: keyof Passwords, database: string) =>
    postgres.urlOf(role, PASSWORDS[setting], database)
  const BROKER_URL = await cleanBroker()
  const line = await spawnService('line-provider/src/main.ts', {
    LINE_DATABASE_URL: url('line_provider', 'LINE_DB_PASSWORD', 'line_db'),
    BROKER_URL,
  })
  const [worker, api] = await Promise.all([
    spawnService('bet-maker/src/worker.ts', {
      BET_DATABASE_URL: url('bet_worker', 'BET_WORKER_PASSWORD', 'bet_db'),
      BROKER_URL,
      LINE_PROVIDER_URL: line.feedUrl,
    }),
    spawnService('bet-maker/src/main.ts', {
      BET_DATABASE_URL: url('bet_maker', 'BET_DB_PASSWORD', 'bet_db'),
      LINE_PROVIDER_URL: line.feedUrl,
    }),
  ])
  await Promise.all([line, worker, api].map((process) => process.waitReady()))
  const put = (event: object) => send('PUT', `${line.url}/event`, { event_id, ...event })
  await put({ coefficient: '1.50', deadline: FAR_DEADLINE })
  const placed = await send('POST', `${api.url}/bet`, { event_id, bet_sum: '12.50' })
  expect(placed.status).toBe(201)
  const settled = (expected: object) =>
    eventually(async () =>
      expect(await get(`${api.url}/bets/${placed.body.id}`)).toMatchObject(expected),
    )
  await put({ state: 'FINISHED_WIN' })
  await settled({ state: 'WIN', payout: '18.75' })
  await put({ state: 'FINISHED_LOSE', reason: 'a correction' })
  await settled({ state: 'LOSE', payout: '0.00' })
  for (const process of [api, worker, line]) process.kill('SIGTERM')
  await Promise.all([api.exited, worker.exited, line.exited])
  return String(placed.body.id)
}

test('an empty server gets roles, databases and rights, and nobody else gets in', async () => {
  postgres = await startGuardedPostgres()
  expect(await postgres.makeRoles(PASSWORDS)).toEqual(DONE)
  await migrateBoth()
  await tellStory('m-1')

  for (const [role, setting, own] of SERVICES) {
    const url = (database: string) => postgres.urlOf(role, PASSWORDS[setting], database)
    expect(await refusal(url(own))).toBeUndefined()
    expect(await refusal(postgres.urlOf(role, 'another', own))).toBe(WRONG_PASSWORD)
    for (const database of ['line_db', 'bet_db', 'postgres', 'template1'])
      if (database !== own) expect(await refusal(url(database))).toBe('42501')
    for (const statement of [
      'select lo_create(0)',
      'select lo_creat(-1)',
      `select lo_from_bytea(0, 'x')`,
    ])
      expect(await refusal(url(own), statement)).toBe('42501')
  }
}, 60_000)

test('running it again changes passwords, and loses nothing', async () => {
  postgres = await startGuardedPostgres()
  await postgres.makeRoles({ ...PASSWORDS, LINE_DB_PASSWORD: 'the old one' })
  await migrateBoth()
  const old = postgres.urlOf('line_provider', 'the old one', 'line_db')
  expect(await refusal(old)).toBeUndefined()
  expect(await postgres.makeRoles(PASSWORDS)).toEqual(DONE)
  expect(await refusal(old)).toBe(WRONG_PASSWORD)
  expect(
    await refusal(postgres.urlOf('line_provider', PASSWORDS.LINE_DB_PASSWORD, 'line_db')),
  ).toBeUndefined()
  await tellStory('m-1')

  const { output, code } = await postgres.makeRoles({ ...PASSWORDS, BET_WORKER_PASSWORD: '' })
  expect({ code, output }).toEqual({
    code: 1,
    output: 'Setting BET_WORKER_PASSWORD is required.\n',
  })
}, 60_000)

test('databases that the services own move to the owners, without loss', async () => {
  postgres = await startGuardedPostgres()
  const admin = connectDatabase(postgres.adminUrl('postgres'), { max: 1, applicationName: 'test' })
  for (const [role, database] of [
    ['line_provider', 'line_db'],
    ['bet_maker', 'bet_db'],
  ] as const) {
    await admin.unsafe(`create role ${role} login password 'old'`)
    await admin.unsafe(`create database ${database} owner ${role}`)
    await admin.unsafe(`revoke connect on database ${database} from public`)
  }
  await admin.end({ timeout: 1 })
  const oldLine = postgres.urlOf('line_provider', 'old', 'line_db')
  const oldBet = postgres.urlOf('bet_maker', 'old', 'bet_db')
  expect((await migrate('line-provider', oldLine)).code).toBe(0)
  expect((await migrate('bet-maker', oldBet)).code).toBe(0)
  const sql = connectDatabase(oldLine, { max: 1, applicationName: 'test' })
  await sql`
    insert into events
      (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at)
    values ('m-old', 150, ${FAR_DEADLINE}, 'NEW', false, 1, now())`
  await sql.end({ timeout: 1 })

  expect(await postgres.makeRoles(PASSWORDS)).toEqual(DONE)
  // Until the owners have migrated, nobody else gets in: a running service is rejected and waits.
  expect(await refusal(postgres.urlOf('bet_maker', PASSWORDS.BET_DB_PASSWORD, 'bet_db'))).toBe(
    '42501',
  )
  await migrateBoth()
  await tellStory('m-old')
  for (const [owner, database] of [
    ['line_owner', 'line_db'],
    ['bet_owner', 'bet_db'],
  ] as const) {
    const url = postgres.adminUrl(database)
    const other = `
      do $$ begin
        if exists (select from pg_class
                   where relnamespace::regnamespace::text in ('public', 'drizzle')
                     and relowner <> '${owner}'::regrole)
           or exists (select from pg_proc
                      where pronamespace = 'public'::regnamespace
                        and proowner <> '${owner}'::regrole)
           or exists (select from pg_namespace
                      where nspname = 'drizzle' and nspowner <> '${owner}'::regrole)
           or exists (select from pg_database
                      where datname = '${database}' and datdba <> '${owner}'::regrole)
        then raise 'something has another owner'; end if;
      end $$`
    expect(await refusal(url, other)).toBeUndefined()
  }
}, 60_000)
