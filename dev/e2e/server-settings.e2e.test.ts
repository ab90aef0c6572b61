import { afterAll, beforeAll, expect, test } from 'bun:test'
import { MIGRATIONS as BET_MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { connectDatabase } from '@bets/platform/postgres/database'
import { migrateDatabase } from '@bets/platform/postgres/migrate'
import { StartError } from '@bets/platform/process/env'
import { type DatabaseRole, urlFor } from '../services/database-roles.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { ODD_SETTINGS, oddSettingsOf } from '../testing/odd-settings.ts'
import { testServiceUrl } from '../testing/test-services.ts'
import { startCommand } from './command.ts'
import { System } from './system.ts'

const LINE = ['LINE_DATABASE_URL', 'line_owner', LINE_MIGRATIONS] as const
const BET = ['BET_DATABASE_URL', 'bet_owner', BET_MIGRATIONS] as const
const ROLES: Record<'LINE_DATABASE_URL' | 'BET_DATABASE_URL', DatabaseRole[]> = {
  LINE_DATABASE_URL: ['line_owner', 'line_provider'],
  BET_DATABASE_URL: ['bet_owner', 'bet_maker', 'bet_worker'],
}

const server = testServiceUrl('TEST_DATABASE_URL')
const admin = connectDatabase(server, { max: 1, applicationName: 'test-admin' })
const system = new System()
const urlOf = (setting: string) => system.env[setting] as string
const nameOf = (url: string) => new URL(url).pathname.slice(1)
const created: string[] = []

/** Creates an empty database of the line's owner; `how` completes the statement. */
async function createDatabase(how = ''): Promise<string> {
  const name = `test_odd_${crypto.randomUUID().slice(0, 8)}`
  await admin.unsafe(`create database ${name} owner line_owner ${how}`)
  created.push(name)
  const url = new URL(server)
  url.pathname = `/${name}`
  return urlFor('line_owner', url.href)
}

/** What migrating ends with. */
const refusalOf = (url: string, migrations: string) =>
  migrateDatabase(url, migrations).catch((error: unknown) => error)

beforeAll(async () => {
  await system.create({ LOG_LEVEL: 'warn' })
  for (const [setting] of [LINE, BET])
    for (const statement of oddSettingsOf(nameOf(urlOf(setting)), ROLES[setting]))
      await admin.unsafe(statement)
  await system.launch()
})
afterAll(async () => {
  await system.stop()
  for (const name of created) await admin.unsafe(`drop database ${name} with (force)`)
  await admin.end({ timeout: 1 })
})

test('F58 settings of databases and roles change nothing of what is read or promised', async () => {
  await Promise.all(system.processes.map((process) => process.waitReady()))
  const startedS = Math.floor(Date.now() / 1000)
  const reason = 'Zażółć „gęślą" jaźń 終'
  const given = { event_id: 'odd', coefficient: '1.33', deadline: FAR_DEADLINE, reason }
  expect(await system.change(given)).toMatchObject(given)
  const bet = await system.bet({ event_id: 'odd', bet_sum: '10.00' })
  await system.change({ event_id: 'odd', state: 'FINISHED_WIN' })
  await system.becomes(bet, { state: 'WIN', payout: '13.30' })

  const { created_at } = await system.get(`/bets/${bet}`)
  expect(created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(Math.abs(Date.parse(created_at as string) / 1000 - startedS)).toBeLessThan(60)
  await system.atRest()
})

test('F58 our connections choose each of these settings', async () => {
  const names = Object.keys(ODD_SETTINGS).map((name) => name.toLowerCase())
  for (const [setting] of [LINE, BET])
    for (const role of ROLES[setting]) {
      const sql = connectDatabase(urlFor(role, urlOf(setting)), { max: 1, applicationName: 'test' })
      const chosen = await sql<{ name: string }[]>`
        select lower(name) as name from pg_settings where source = 'client'`
      expect(chosen.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
      await sql.end()
    }
})

test('F58 migrations succeed under such settings, in a new database and an old one', async () => {
  const empty = await createDatabase()
  for (const statement of oddSettingsOf(nameOf(empty), ['line_owner']))
    await admin.unsafe(statement)
  await migrateDatabase(empty, LINE_MIGRATIONS)
  const sql = connectDatabase(empty, { max: 1, applicationName: 'test' })
  expect(await sql`select version_base from public.feed`).toHaveLength(1)
  await sql.end()
  for (const [setting, owner, migrations] of [LINE, BET])
    await migrateDatabase(urlFor(owner, urlOf(setting)), migrations)
})

test('F58 what a connection cannot choose keeps services from starting', async () => {
  const readOnly = await createDatabase()
  await admin.unsafe(`alter database ${nameOf(readOnly)} set default_transaction_read_only = on`)
  const latin = await createDatabase(`template template0 encoding 'LATIN1' locale 'C'`)
  for (const [url, wrong] of [
    [readOnly, 'default_transaction_read_only = on, and cannot be used until it is off.'],
    [latin, 'server_encoding = LATIN1, and cannot be used until it is UTF8.'],
  ] as const) {
    const sentence = `The database has ${wrong}`
    expect(await refusalOf(url, LINE_MIGRATIONS)).toEqual(new StartError(sentence))
    const settings = { ...system.env, LINE_DATABASE_URL: url, BET_DATABASE_URL: url }
    const ends = await Promise.all(
      ['line-provider/src/main.ts', 'bet-maker/src/main.ts', 'bet-maker/src/worker.ts'].map(
        (entry) =>
          startCommand([process.execPath, entry], { ...settings, LOG_LEVEL: 'silent' }).done,
      ),
    )
    for (const { code, output } of ends)
      expect({ code, output }).toEqual({ code: 1, output: `${sentence}\n` })
  }
})

test('F62 a wrong database or a refused statement ends migrations in a sentence', async () => {
  expect(await refusalOf(urlOf('LINE_DATABASE_URL'), BET_MIGRATIONS)).toEqual(
    new StartError(
      'The database to migrate belongs to another service: each needs a database of its own.',
    ),
  )
  const taken = await createDatabase()
  const sql = connectDatabase(taken, { max: 1, applicationName: 'test' })
  await sql`create table feed ()`
  await sql.end()
  expect(await refusalOf(taken, LINE_MIGRATIONS)).toEqual(
    new StartError('The database cannot be migrated: relation "feed" already exists.'),
  )
})
