import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { testServiceUrl } from '../testing/test-services.ts'
import { bothSides, brokerState } from './observe.ts'
import { type System, startSystem } from './system.ts'

const BETTORS = 48
const ROUNDS = 4
/** How long the worker stands still, so that late bets are certain. */
const STOPPED_MS = 300
/** The pause between two feed syncs without the broker, and slack for a busy machine. */
const BY_FEED_SYNC_MS = 2_500
const CLOSED = { status: 409, body: { code: 'EVENT_NOT_OPEN', reason: 'ended' } }

let proxy: TcpProxy
let system: System

// With the default settings, through a broker that can be taken away.
beforeAll(async () => {
  proxy = await new TcpProxy(testServiceUrl('TEST_BROKER_URL')).open()
  system = await startSystem({ BROKER_URL: proxy.url, LOG_LEVEL: 'warn' })
  await bothSides(system, 'up', 10_000)
}, 30_000)
afterAll(async () => {
  await system.stop()
  await proxy.close()
})

interface Sent {
  id: number
  sentMs: number
  answeredMs: number
}

/** Bettors who bet on an event until it has ended for them. */
async function betUntilEnd(event_id: string, bettors: number): Promise<Sent[]> {
  const accepted: Sent[] = []
  const bettor = async () => {
    for (;;) {
      const sentMs = performance.now()
      const { status, body } = await system.place(event_id)
      if (status !== 201) return expect({ status, body }).toMatchObject(CLOSED)
      accepted.push({ id: Number(body.id), sentMs, answeredMs: performance.now() })
    }
  }
  await Promise.all(Array.from({ length: bettors }, bettor))
  return accepted
}

/** Ends an event that bettors bet on; says what became of the bets around its end. */
async function endUnderLoad(event_id: string, bettors: number, endingFor?: () => Promise<void>) {
  await system.open(event_id)
  const betting = betUntilEnd(event_id, bettors)
  await Bun.sleep(400)
  const sentMs = performance.now()
  await system.change({ event_id, state: 'FINISHED_WIN' })
  const answeredMs = performance.now()
  await endingFor?.()
  const [{ within }] = await system.betSql<[{ within: number }]>`
    select line_offset_within_us(f, clock_timestamp()) / 1000.0::float8 as within
    from feed_position f`
  const bets = await betting
  const closedMs = Math.round(performance.now() - answeredMs)
  await system.atRest()
  const rows = await system.betSql<{ id: number; state: string }[]>`
    select id, state from bets where event_id = ${event_id}`
  const stateOf = new Map(rows.map(({ id, state }) => [id, state]))
  const count = (state: string, of: readonly Sent[]) =>
    of.filter(({ id }) => stateOf.get(id) === state).length
  const early = bets.filter((bet) => bet.answeredMs < sentMs)
  // A bet that is late by less than the clocks are known may win.
  const late = bets.filter((bet) => bet.sentMs > answeredMs + within)
  const unclear = bets.filter((bet) => bet.sentMs > answeredMs && !late.includes(bet))
  expect(count('WIN', early)).toBe(early.length)
  expect(early.length).toBeGreaterThan(0)
  return {
    late: late.length,
    won: count('WIN', late),
    void: count('VOID', late),
    wonWithin: `${count('WIN', unclear)} of ${unclear.length} within ${within.toFixed(1)} ms`,
    closedMs,
  }
}

test('F42 results under load: no bet placed after one wins', async () => {
  const rounds: object[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const stopped = round % 2 === 1
    if (stopped) system.worker.kill('SIGSTOP')
    const result = await endUnderLoad(`load-${round}`, BETTORS, async () => {
      await Bun.sleep(stopped ? STOPPED_MS : 0)
      system.worker.kill('SIGCONT')
    })
    rounds.push(result)
    if (stopped) expect(result.late).toBeGreaterThan(BETTORS)
    expect(result).toMatchObject({ won: 0, void: result.late })
  }
  console.log('bets sent after the result was answered, by round:', rounds)
}, 30_000)

test('F43 without the broker a result closes betting in a second; late bets are void', async () => {
  await proxy.close()
  await eventually(async () => expect(await brokerState(system.worker)).toBe('down'))
  const rounds: object[] = []
  for (let round = 0; round < 3; round++) {
    const result = await endUnderLoad(`away-${round}`, 2)
    rounds.push(result)
    expect(result).toMatchObject({ won: 0, void: result.late })
    expect(result.closedMs).toBeLessThan(BY_FEED_SYNC_MS)
  }
  await proxy.open()
  await bothSides(system, 'up', 10_000)
  console.log('the same without the broker:', rounds)
}, 40_000)

test('F45 an end in the past, corrections, a reopened event: what is late follows', async () => {
  const event_id = 'corrected'
  await system.open(event_id)
  const early = await system.bet(event_id)
  await Bun.sleep(100)
  const ended_at = new Date().toISOString()
  await Bun.sleep(100)
  const late = await system.bet(event_id)
  const become = async (change: object, ...states: string[]) => {
    await system.change({ event_id, reason: 'seen again', ...change })
    await system.becomes(early, { state: states[0] })
    await system.becomes(late, { state: states[1] })
  }
  await become({ state: 'FINISHED_WIN', ended_at }, 'WIN', 'VOID')
  await become({ state: 'FINISHED_LOSE' }, 'LOSE', 'VOID')
  await become({ ended_at: new Date().toISOString() }, 'LOSE', 'LOSE')
  await become({ state: 'FINISHED_WIN', ended_at }, 'WIN', 'VOID')
  await become({ state: 'NEW' }, 'PENDING', 'PENDING')
  await become({ state: 'FINISHED_WIN' }, 'WIN', 'WIN')
  const { history } = await system.get(`/bets/${late}`)
  expect(history).toMatchObject([
    { state: 'PENDING', reason: null },
    { state: 'VOID', payout: '1.00', event_version: 2, reason: 'placed_after_end' },
    { state: 'VOID', event_version: 3, reason: 'placed_after_end' },
    { state: 'LOSE', event_version: 4, reason: 'seen again' },
    { state: 'VOID', event_version: 5, reason: 'placed_after_end' },
    { state: 'PENDING', reason: 'seen again' },
    { state: 'WIN', payout: '1.50', reason: 'seen again' },
  ])
  await system.atRest()
})
