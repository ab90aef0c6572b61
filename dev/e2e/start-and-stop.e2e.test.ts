import { expect, test } from 'bun:test'
import { spawnService } from '../testing/process.ts'
import { createBetDatabase } from '../testing/test-database.ts'
import { testServiceUrl } from '../testing/test-services.ts'
import { startCommand } from './command.ts'
import { systemDuringTests } from './system.ts'

const system = systemDuringTests()

test('F20 SIGTERM under load: exactly the accepted bets are stored, exit 0 in time', async () => {
  const { betSql, bets, line, worker } = system
  await system.open('load')
  const bettors = Array.from({ length: 32 }, async () => {
    for (;;) {
      // Refused or cut off before it was read: the server no longer accepts requests.
      const answer = await system.place('load').catch(() => null)
      if (answer === null) return
      expect(answer.status).toBe(201)
    }
  })
  await Bun.sleep(500)
  const began = performance.now()
  for (const process of [bets, worker, line]) process.kill('SIGTERM')
  expect(await Promise.all([bets.exited, worker.exited, line.exited])).toEqual([0, 0, 0])
  expect(performance.now() - began).toBeLessThan(10_000)
  await Promise.all(bettors)

  const stored = await betSql<{ id: number }[]>`select id from bets order by id`
  const accepted = [...system.accepted.values()]
  expect(accepted.length).toBeGreaterThan(32)
  expect(accepted.toSorted((a, b) => a - b)).toEqual(stored.map(({ id }) => id))
})

const GOOD = {
  LINE_DATABASE_URL: testServiceUrl('TEST_DATABASE_URL'),
  BET_DATABASE_URL: testServiceUrl('TEST_DATABASE_URL'),
  BROKER_URL: testServiceUrl('TEST_BROKER_URL'),
  WORKER_PORT: '0',
}
const withLogin = (url: string, login: string) => url.replace(/\/\/.*@/, `//${login}@`)
const good = (url: string) => withLogin(url, 'someone:k3Fq9wXz')
const PRODUCTION = {
  NODE_ENV: 'production',
  LINE_DATABASE_URL: good(GOOD.LINE_DATABASE_URL),
  BET_DATABASE_URL: good(GOOD.BET_DATABASE_URL),
  BROKER_URL: good(GOOD.BROKER_URL),
  OPERATOR_TOKENS: 'someone:Yx72kQpL0vBn45Tr',
  CLIENT_TOKENS: 'someone:Zz81mNqR4wHs93Lk',
}
const { username } = new URL(GOOD.BROKER_URL)
const wrongBroker = withLogin(GOOD.BROKER_URL, `${username}:secret`)
const noDatabase = new URL('/secret', GOOD.LINE_DATABASE_URL).href
const sample = (
  setting: 'LINE_DATABASE_URL' | 'BET_DATABASE_URL' | 'BROKER_URL',
  password: string,
) => withLogin(GOOD[setting], `someone:${password}`)

const LINE = 'line-provider/src/main.ts'
const WORKER = 'bet-maker/src/worker.ts'
const BETS = 'bet-maker/src/main.ts'

type Row = [entry: string, setting: string, value: string, complaint: string]
const WRONG: Row[] = [
  [LINE, 'LINE_DATABASE_URL', '', 'is required'],
  [WORKER, 'BROKER_URL', '', 'is required'],
  [BETS, 'BET_DATABASE_URL', 'secret', 'must be a URL'],
  [BETS, 'LINE_PROVIDER_URL', 'ftp://secret', 'must be a URL'],
  [BETS, 'FEED_MAX_AGE_MS', '-1secret', 'must be a whole number'],
  [WORKER, 'LOG_LEVEL', 'secret', 'must be one of'],
  [LINE, 'LINE_DATABASE_URL', noDatabase, 'was rejected'],
  [WORKER, 'BROKER_URL', wrongBroker, 'was rejected'],
]
const WRONG_IN_PRODUCTION: Row[] = [
  [LINE, 'OPERATOR_TOKENS', '', 'is required'],
  [BETS, 'CLIENT_TOKENS', '', 'is required'],
  [LINE, 'OPERATOR_TOKENS', 'local:local-operator-token', 'has a sample'],
  [BETS, 'CLIENT_TOKENS', 'a:b,local:local-client-token', 'has a sample'],
  [LINE, 'LINE_DATABASE_URL', sample('LINE_DATABASE_URL', 'line'), 'has a sample'],
  [LINE, 'BROKER_URL', sample('BROKER_URL', 'admin'), 'has a sample'],
  [BETS, 'BET_DATABASE_URL', sample('BET_DATABASE_URL', 'postgres'), 'has a sample'],
  [WORKER, 'BET_DATABASE_URL', sample('BET_DATABASE_URL', 'bet'), 'has a sample'],
  [WORKER, 'BROKER_URL', sample('BROKER_URL', 'guest'), 'has a sample'],
]

for (const [where, env, rows] of [
  ['anywhere', GOOD, WRONG],
  ['in production', PRODUCTION, WRONG_IN_PRODUCTION],
] as const)
  for (const [entry, setting, value, complaint] of rows)
    test(`F22 ${where}, ${entry}: ${setting} ${complaint}: no value shown, exit 1`, async () => {
      const settings = { LOG_LEVEL: 'silent', ...env, [setting]: value }
      const { code, output } = await startCommand([process.execPath, entry], settings).done
      expect(code).toBe(1)
      expect(output).toContain(`Setting ${setting} ${complaint}`)
      for (const secret of ['secret', value])
        if (secret !== '') expect(output).not.toContain(secret)
    })

test('starts in production with proper settings; elsewhere warns of missing tokens', async () => {
  const { sql, url, drop } = await createBetDatabase()
  await sql.end({ timeout: 1 })
  const withPassword = new URL(url)
  withPassword.password = 'k3Fq9wXz'
  const closed = await spawnService(BETS, { ...PRODUCTION, BET_DATABASE_URL: withPassword.href })
  expect((await fetch(`${closed.url}/bets`)).status).toBe(401)
  expect(closed.logs.join('\n')).not.toContain('is not set')
  const open = await spawnService(BETS, { BET_DATABASE_URL: url })
  expect((await fetch(`${open.url}/bets`)).status).toBe(200)
  expect(open.logs.join('\n')).toContain('CLIENT_TOKENS is not set')
  for (const service of [closed, open]) {
    service.kill('SIGKILL')
    await service.exited
  }
  await drop()
})
