import { afterAll, beforeAll, expect, test } from 'bun:test'
import { MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { DatabaseUnavailableError } from '@bets/domain/errors'
import { connectDatabase, query } from '@bets/platform/postgres/database'
import { migrateDatabase } from '@bets/platform/postgres/migrate'
import { POSTGRES_TEST_SETTINGS, startPrivatePostgres } from '../services/private-postgres.ts'
import type { PrivateService } from '../services/private-service.ts'
import { eventually } from '../testing/eventually.ts'
import { spawnService } from '../testing/process.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'

const POOL_MAX = 4
/** How long a caller may wait for an error. */
const ANSWER_MS = 3_000
/** How soon it must recover. */
const RECOVERY_MS = 6_000
const BETS = 'bet-maker/src/main.ts'

let postgres: PrivateService
let proxy: TcpProxy
beforeAll(async () => {
  postgres = await startPrivatePostgres(POSTGRES_TEST_SETTINGS, { tls: true })
  proxy = await new TcpProxy(postgres.url).open()
})
afterAll(async () => {
  await proxy.close()
  await postgres.remove()
})

test('F59 frozen connections are given up under TLS, too', async () => {
  const sql = connectDatabase(`${proxy.url}?sslmode=require`, {
    max: POOL_MAX,
    applicationName: 'test',
  })
  const sessions = Array.from({ length: POOL_MAX }, () =>
    query(sql`select ssl, pg_sleep(0.05) from pg_stat_ssl where pid = pg_backend_pid()`),
  )
  for (const [session] of await Promise.all(sessions)) expect(session).toMatchObject({ ssl: true })

  proxy.freeze()
  const began = performance.now()
  const answers = await Promise.all(
    Array.from({ length: POOL_MAX + 2 }, () =>
      query(sql`select 1`).catch((error: unknown) => error),
    ),
  )
  for (const answer of answers) expect(answer).toBeInstanceOf(DatabaseUnavailableError)
  expect(performance.now() - began).toBeLessThan(ANSWER_MS)
  await eventually(async () => expect(await query(sql`select 1 as one`)).toHaveLength(1), {
    withinMs: RECOVERY_MS,
  })
  await sql.end({ timeout: 1 })
})

test.each([
  ['it refuses connections', 'postgres://nobody:k3Fq9wXz@127.0.0.1:1/bet_db', /ECONNREFUSED/],
  [
    'its host is unknown',
    'postgres://nobody:k3Fq9wXz@nowhere.invalid/bet_db',
    /ENOTFOUND|EAI_AGAIN/,
  ],
  ['its certificate is not trusted', '', /self.signed certificate/],
])('F60 bet-maker logs once why its database is unavailable: %s', async (_, url, cause) => {
  const bets = await spawnService(BETS, {
    BET_DATABASE_URL: url || `${proxy.url}?sslmode=verify-full`,
  })
  const lines = () => bets.logs.filter((line) => line.includes('database unavailable'))
  await eventually(() => expect(lines()).toHaveLength(1))
  for (let request = 0; request < 10; request++)
    expect((await fetch(`${bets.url}/health/ready`)).status).toBe(503)
  expect(lines()).toHaveLength(1)
  expect(lines()[0]).toMatch(cause)
  expect(bets.logs.join()).not.toContain('k3Fq9wXz')
  bets.kill('SIGKILL')
  await bets.exited
})

test('F60 bet-maker logs another cause, and that its database is available again', async () => {
  await proxy.close()
  const bets = await spawnService(BETS, { BET_DATABASE_URL: proxy.url })
  const asked = async () => {
    await fetch(`${bets.url}/health/ready`)
    return bets.logs.join('\n')
  }
  await eventually(async () => expect(await asked()).toContain('ECONNREFUSED'))
  await proxy.open()
  await eventually(async () =>
    expect(await asked()).toContain('role \\"bet_maker\\" does not exist'),
  )
  const sql = connectDatabase(postgres.url, { max: 1, applicationName: 'test' })
  await sql`create role bet_maker login superuser`
  await sql.end()
  await eventually(async () => expect(await asked()).toContain('relation'))
  await migrateDatabase(postgres.url, MIGRATIONS)
  await eventually(async () => expect(await asked()).toContain('database available again'))
  bets.kill('SIGKILL')
  await bets.exited
})
