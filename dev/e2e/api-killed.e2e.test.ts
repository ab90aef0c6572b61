import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import type { ServiceProcess } from '../testing/process.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { endSession, type HeldLock, holdLock, statementAtLock } from './held-lock.ts'
import { killNow, systemDuringTests } from './system.ts'

const BETS = 60

const system = systemDuringTests({ LOG_LEVEL: 'warn' })
let proxy: TcpProxy
/** The API to be killed; it connects to its database through the proxy. */
let api: ServiceProcess
let lock: HeldLock | undefined

beforeAll(async () => {
  proxy = await new TcpProxy(system.env.BET_DATABASE_URL as string).open()
  await system.open('m')
  await bet(system.betsUrl, 'first')
})
afterEach(async () => {
  await lock?.release()
  await killNow(api)
})
afterAll(() => proxy.close())

const bet = (url: string, key: string) => system.place('m', key, url)
const keys = (name: string) => Array.from({ length: BETS }, (_, number) => `${name}-${number}`)
const stored = async (name: string) =>
  (await system.betSql`select from bets where idempotency_key like ${`${name}-%`}`).length

/** Sends more than one batch and resolves when a batch waits for the lock. */
async function sendInto(statement: string, name: string) {
  api = await system.spawn('bets', { BET_DATABASE_URL: proxy.url })
  lock = await holdLock(system.env.BET_DATABASE_URL as string, statement)
  const unanswered = keys(name).map((key) => bet(api.url, key).catch(() => 'no answer'))
  await statementAtLock(system.betSql, 'place_bets')
  // The second statement places the bets that have arrived in the meantime.
  await Bun.sleep(100)
  return { unanswered }
}

async function expectUnanswered({ unanswered }: { unanswered: Promise<unknown>[] }): Promise<void> {
  expect(new Set(await Promise.all(unanswered))).toEqual(new Set(['no answer']))
}

/** Waits until no session is placing bets. */
async function batchesEnded(): Promise<void> {
  await eventually(async () => {
    const busy = await system.betSql`
      select from pg_stat_activity
      where datname = current_database() and state = 'active'
        and query like '%place_bets%' and pid <> pg_backend_pid()`
    expect(busy).toHaveLength(0)
  })
}

/** Repeats replay the bets that were placed and place the others; each bet exists once. */
async function expectRepeatsComplete(name: string): Promise<void> {
  const before = await stored(name)
  expect(before).toBeGreaterThan(0)
  const repeats = await Promise.all(keys(name).map((key) => bet(system.betsUrl, key)))
  expect(repeats.filter(({ status }) => status === 200)).toHaveLength(before)
  expect(repeats.filter(({ status }) => status === 201)).toHaveLength(BETS - before)
  await expectRepeats(name, 200)
}

/** Repeats to another process are answered with this status; each bet exists once. */
async function expectRepeats(name: string, status: number): Promise<void> {
  for (const key of keys(name)) {
    const answer = await bet(system.betsUrl, key)
    expect(answer.status).toBe(status)
    system.accepted.set(key, Number(answer.body.id))
  }
  expect(await stored(name)).toBe(BETS)
  await system.atRest()
}

test('F15 API and sessions killed while batches wait: no bets, repeats are accepted', async () => {
  const sent = await sendInto('select pg_advisory_xact_lock(placement_barrier())', 'gone')
  await killNow(api)
  const waiting = await system.betSql<{ pid: number }[]>`
    select pid from pg_stat_activity
    where datname = current_database() and query like '%place_bets%' and pid <> pg_backend_pid()`
  for (const { pid } of waiting) await endSession(system.betSql, pid)
  await lock?.release()
  await expectUnanswered(sent)
  expect(await stored('gone')).toBe(0)
  await expectRepeats('gone', 201)
})

test('F15 API killed during inserts that the server completes: repeats replay them', async () => {
  const sent = await sendInto('lock table bets in share mode', 'inserted')
  await killNow(api)
  await lock?.release()
  await expectUnanswered(sent)
  await batchesEnded()
  await expectRepeatsComplete('inserted')
})

test('F15 API killed after the commit, before it is told: repeats are replays', async () => {
  const sent = await sendInto('lock table bets in share mode', 'late')
  // From now on, the server's answers do not reach the API.
  proxy.hold()
  await lock?.release()
  await batchesEnded()
  await killNow(api)
  proxy.cut()
  proxy.resume()
  await expectUnanswered(sent)
  await expectRepeatsComplete('late')
})
