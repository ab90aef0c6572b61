import { afterEach, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { type ServiceProcess, spawnService } from '../testing/process.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { cleanBroker } from '../testing/test-broker.ts'
import {
  createBetDatabase,
  createLineDatabase,
  type TestDatabase,
} from '../testing/test-database.ts'
import { get, send } from '../traffic/client.ts'

const OLD_EVENTS = 100_000
const PROGRESS_EVERY = 10_000
const NEVER_MS = '3600000'
const bet = { event_id: 'old-77777', bet_sum: '1.00' }

let databases: TestDatabase[] = []

afterEach(async () => {
  for (const database of databases) await database.drop()
  databases = []
})

async function createDatabases() {
  const [line, bets, brokerUrl] = await Promise.all([
    createLineDatabase(),
    createBetDatabase(),
    cleanBroker(),
  ])
  databases = [line, bets]
  const env = { LINE_DATABASE_URL: line.url, BET_DATABASE_URL: bets.url, BROKER_URL: brokerUrl }
  return { lineSql: line.sql, betSql: bets.sql, env }
}

/** Starts bet-maker's worker and API behind a line-provider. */
async function startBetMaker(env: Record<string, string>, line: ServiceProcess) {
  const settings = { ...env, LINE_PROVIDER_URL: line.url }
  const [worker, api] = await Promise.all([
    spawnService('bet-maker/src/worker.ts', settings),
    spawnService('bet-maker/src/main.ts', settings),
  ])
  return { worker, api }
}

const passOf = async (sql: TestDatabase['sql']) =>
  (await sql<[{ pass: number }]>`select pass from feed_position`)[0].pass

test('a bet-maker started against an old line of 100,000 events knows all of it before it takes the first bet', async () => {
  const { lineSql, betSql, env } = await createDatabases()
  await lineSql`
    insert into events (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at)
    select 'old-' || n, 150, 4102444800, 'NEW', false, 1, now() from generate_series(1, ${OLD_EVENTS}::integer) n`
  const line = await spawnService('line-provider/src/main.ts', env)
  const { worker, api } = await startBetMaker(env, line)
  const codes = new Set<unknown>()
  const taken = await eventually(
    async () => {
      const { status, body } = await send('POST', `${api.url}/bet`, bet)
      if (status !== 201) codes.add(body.code)
      expect(status).toBe(201)
      const [row] = await betSql<[{ known: number }]>`select count(*) as known from line_events`
      return row.known
    },
    { withinMs: 50_000 },
  )
  expect(taken).toBe(OLD_EVENTS)
  expect([...codes]).toEqual(['FEED_DOWN'])
  const progress = worker.logs
    .map((text) => JSON.parse(text) as { message: string; events?: number })
    .filter(({ message }) => message === 'syncing the feed')
  // The last ten thousand are the whole line, which is said in other words.
  expect(progress.length).toBeGreaterThanOrEqual(OLD_EVENTS / PROGRESS_EVERY - 1)
}, 60_000)

test('the gate closes when feed syncs stop, opens when they go on, and `ready` shows how old the latest is', async () => {
  const { env } = await createDatabases()
  const line = await spawnService('line-provider/src/main.ts', env)
  const short = { ...env, FEED_SYNC_INTERVAL_MS: '100', FEED_MAX_AGE_MS: '1500' }
  const { worker, api } = await startBetMaker(short, line)
  await send('PUT', `${line.url}/event`, {
    event_id: bet.event_id,
    coefficient: '2.00',
    deadline: 4_102_444_800,
  })
  const expectBet = (status: number, code?: string) =>
    eventually(async () => {
      const answer = await send('POST', `${api.url}/bet`, bet)
      expect([answer.status, answer.body.code]).toEqual([status, code])
    })
  const ageMs = async () => Number((await get(`${api.url}/health/ready`)).feed_age_ms)

  await expectBet(201)
  expect(await ageMs()).toBeLessThan(1_500)
  worker.kill('SIGSTOP')
  await expectBet(503, 'FEED_DOWN')
  expect(await ageMs()).toBeGreaterThan(1_500)
  expect((await fetch(`${api.url}/health/ready`)).status).toBe(503)
  worker.kill('SIGCONT')
  await expectBet(201)
  expect((await fetch(`${api.url}/health/ready`)).status).toBe(200)
}, 30_000)

test('a feed sync is made at the start and at every new connection to the broker, not only when it is due', async () => {
  const { betSql, env } = await createDatabases()
  const proxy = await new TcpProxy(env.BROKER_URL).open()
  const line = await spawnService('line-provider/src/main.ts', env)
  await startBetMaker({ ...env, BROKER_URL: proxy.url, FEED_SYNC_INTERVAL_MS: NEVER_MS }, line)
  const noMore = async (passes: number) => {
    await Bun.sleep(500)
    expect(await passOf(betSql)).toBe(passes)
  }
  // One at the start and one when the broker was connected, unless that came during the first.
  const first = await eventually(async () => {
    const pass = await passOf(betSql)
    expect(pass).toBeGreaterThan(0)
    return pass
  })
  await Bun.sleep(1_000)
  const settled = await passOf(betSql)
  expect(settled).toBeLessThanOrEqual(first + 1)
  for (let connection = 1; connection <= 2; connection++) {
    proxy.cut()
    await eventually(async () => expect(await passOf(betSql)).toBe(settled + connection))
    await noMore(settled + connection)
  }
  await proxy.close()
}, 30_000)
