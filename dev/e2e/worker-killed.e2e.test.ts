import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { countWorkers } from '../traffic/broker.ts'
import { endSession, type HeldLock, holdLock, statementAtLock } from './held-lock.ts'
import { queued } from './observe.ts'
import { killNow, systemDuringTests } from './system.ts'

const BETS = 20
const CHUNK = 5
/** A worker syncs the feed only at its start: later changes come by messages. */
const ONE_FEED_SYNC = { FEED_SYNC_INTERVAL_MS: '3600000', SETTLE_CHUNK: String(CHUNK) }

const system = systemDuringTests({ ...ONE_FEED_SYNC, FEED_MAX_AGE_MS: '3600000' })
let proxy: TcpProxy
let lock: HeldLock | undefined

beforeAll(async () => {
  await killNow(system.worker)
  proxy = await new TcpProxy(system.brokerUrl).open()
})
afterEach(() => lock?.release())
afterAll(() => proxy.close())

/** Starts a worker that connects to the broker through the proxy; creates an event with bets. */
async function workerWithBets(event_id: string): Promise<void> {
  await system.open(event_id)
  system.worker = await system.spawn('worker', { BROKER_URL: proxy.url })
  await eventually(async () => expect(await copyOf(event_id)).toMatchObject({ version: 1 }))
  await eventually(async () => expect(await countWorkers(system.brokerUrl)).toBe(1))
  await queued(system, 0)
  for (let number = 0; number < BETS; number++) await system.bet(event_id)
}

const lockBets = (statement: string) => holdLock(system.env.BET_DATABASE_URL as string, statement)

async function copyOf(event_id: string) {
  const [row] = await system.betSql<{ version: number; state: string; owed: boolean }[]>`
    select version, state, settled_version < state_version as owed
    from line_events where event_id = ${event_id}`
  return row
}

const betsOf = (event_id: string) => system.betSql<{ state: string; settled_at: string | null }[]>`
  select state, settled_at from bets where event_id = ${event_id} order by id`
const statesOf = async (event_id: string) => (await betsOf(event_id)).map(({ state }) => state)
const finish = (event_id: string) => system.put({ event_id, state: 'FINISHED_WIN' })
const states = (wins: number) =>
  Array.from({ length: BETS }, (_, bet) => (bet < wins ? 'WIN' : 'PENDING'))

/** Kills the worker while its statement waits for a lock, and ends that statement. */
async function killAtStatement(text: string): Promise<void> {
  const pid = await statementAtLock(system.betSql, text)
  await killNow(system.worker)
  await endSession(system.betSql, pid)
  await lock?.release()
}

/** Starts another worker, waits until all is settled and checks that nothing was settled twice. */
async function expectSettledOnce(event_id: string): Promise<void> {
  const before = await betsOf(event_id)
  system.worker = await system.spawn('worker')
  await system.atRest()
  const after = await betsOf(event_id)
  expect(after.map(({ state }) => state)).toEqual(states(BETS))
  for (const [index, bet] of before.entries())
    if (bet.settled_at !== null) expect(after[index]).toEqual(bet)
  await queued(system, 0)
  // A further round must change nothing.
  await Bun.sleep(100)
  expect([...(await betsOf(event_id))]).toEqual([...after])
  await killNow(system.worker)
}

test('F07 worker killed before applying a result: redelivered, all settled once', async () => {
  await workerWithBets('unapplied')
  lock = await lockBets(`select from line_events where event_id = 'unapplied' for update`)
  await finish('unapplied')
  await killAtStatement('apply_line_events')
  expect(await copyOf('unapplied')).toMatchObject({ version: 1, state: 'NEW' })
  await queued(system, 1)
  await expectSettledOnce('unapplied')
})

test('F07 worker killed between applying and the ack: redelivered, no effect', async () => {
  await workerWithBets('unacked')
  lock = await lockBets(`select from line_events where event_id = 'unacked' for update`)
  await finish('unacked')
  await statementAtLock(system.betSql, 'apply_line_events')
  // From now on, no ack gets through.
  proxy.hold()
  await lock.release()
  await eventually(async () => expect(await statesOf('unacked')).toEqual(states(BETS)))
  expect(await copyOf('unacked')).toMatchObject({ version: 2, state: 'FINISHED_WIN' })
  await killNow(system.worker)
  proxy.cut()
  proxy.resume()
  await queued(system, 1)
  await expectSettledOnce('unacked')
})

test('F07 worker killed between applying and settling: the next one settles', async () => {
  await workerWithBets('unsettled')
  // Acts as an endless placement, which settling waits for.
  lock = await lockBets('select pg_advisory_xact_lock_shared(placement_barrier())')
  await finish('unsettled')
  await killAtStatement('await_placements')
  expect(await copyOf('unsettled')).toEqual({ version: 2, state: 'FINISHED_WIN', owed: true })
  expect(await statesOf('unsettled')).toEqual(states(0))
  await queued(system, 0)
  await expectSettledOnce('unsettled')
})

test('F07 worker killed between two chunks: the next one settles only the rest', async () => {
  await workerWithBets('chunks')
  lock = await lockBets(
    `select from bets
     where id = (select min(id) + ${CHUNK} from bets where event_id = 'chunks') for update`,
  )
  await finish('chunks')
  await killAtStatement('settle_chunk')
  expect(await statesOf('chunks')).toEqual(states(CHUNK))
  expect(await copyOf('chunks')).toEqual({ version: 2, state: 'FINISHED_WIN', owed: true })
  await expectSettledOnce('chunks')
})
