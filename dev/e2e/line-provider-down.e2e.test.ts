import { beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { killNow, systemDuringTests } from './system.ts'

/** Shorter than the defaults (20 s, 5 s, 2 s). */
const FEED_MAX_AGE_MS = 4_000
const FEED_SYNC_INTERVAL_MS = 500
const LINE_TIMEOUT_MS = 1_000
/** What an answer may take in addition to the time limit on a busy machine. */
const SLACK_MS = 700

const system = systemDuringTests({
  FEED_MAX_AGE_MS: String(FEED_MAX_AGE_MS),
  FEED_SYNC_INTERVAL_MS: String(FEED_SYNC_INTERVAL_MS),
  LINE_PROVIDER_TIMEOUT_MS: String(LINE_TIMEOUT_MS),
  LOG_LEVEL: 'warn',
})
beforeAll(() => system.open('known'))

const bet = (event_id: string, key: string) => system.place(event_id, key)

/** Bets on a known event are accepted. */
const expectAccepted = (key: string) => system.bet('known', key)

async function timed<T>(act: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const began = performance.now()
  const result = await act()
  return { ms: Math.round(performance.now() - began), result }
}

/** How long bet-maker caches a list of open events. */
const LIST_CACHED_MS = 1_000

/** Requests that need line-provider are refused within its time limit. */
async function expectUnavailable(name: string, withinMs: number): Promise<number> {
  await Bun.sleep(LIST_CACHED_MS)
  const [placing, listing] = await Promise.all([
    timed(() => bet('unknown-event', `${name}-unknown`)),
    timed(async () => {
      const response = await fetch(`${system.betsUrl}/events`)
      const body = (await response.json()) as Record<string, unknown>
      return { status: response.status, body, retryAfter: response.headers.get('retry-after') }
    }),
  ])
  expect(listing.result, JSON.stringify(listing.result)).toMatchObject({ retryAfter: '1' })
  for (const { ms, result } of [placing, listing]) {
    expect(result).toMatchObject({ status: 503, body: { code: 'LINE_UNAVAILABLE' } })
    expect(ms).toBeLessThan(withinMs)
  }
  return Math.max(placing.ms, listing.ms)
}

/** Bets until the gate closes; returns the milliseconds since `sinceMs`. */
async function timeToClose(name: string, sinceMs: number): Promise<number> {
  for (let number = 0; ; number++) {
    const key = `${name}-${number}`
    const { status, body } = await bet('known', key)
    const ms = Math.round(performance.now() - sinceMs)
    if (status !== 201) {
      expect({ status, body }).toMatchObject({ status: 503, body: { code: 'FEED_DOWN' } })
      return ms
    }
    expect(ms).toBeLessThan(FEED_MAX_AGE_MS + SLACK_MS)
    await Bun.sleep(20)
  }
}

/** The gate is closed: no new bets, but repeats are answered. */
async function expectClosed(answeredKey: string): Promise<void> {
  const ready = await fetch(`${system.betsUrl}/health/ready`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({
    ready: false,
    checks: { database: 'up', feed: 'down' },
  })
  const repeat = await bet('known', answeredKey)
  expect(repeat).toMatchObject({ status: 200, body: { id: system.accepted.get(answeredKey) } })
  expect(await system.get(`/bets/${repeat.body.id}`)).toMatchObject({ state: 'PENDING' })
}

async function expectResumed(name: string): Promise<number> {
  const { ms } = await timed(() => eventually(() => expectAccepted(`${name}-again`)))
  expect(ms).toBeLessThan(3_000)
  const listed = expect.arrayContaining([expect.objectContaining({ event_id: 'known' })])
  expect(await system.get('/events')).toEqual(listed)
  await system.open(`${name}-new`)
  await system.bet(`${name}-new`)
  await system.atRest()
  return ms
}

test('F19 line-provider hangs: 503 in time; known events open until feed is stale', async () => {
  await expectAccepted('slow-before')
  const began = performance.now()
  process.kill(system.line.pid, 'SIGSTOP')
  const refusedMs = await expectUnavailable('slow', LINE_TIMEOUT_MS + SLACK_MS)
  await expectAccepted('slow-meanwhile')
  const closedMs = await timeToClose('slow', began)
  // The last feed sync began at most an interval and its own duration earlier.
  expect(closedMs).toBeGreaterThan(FEED_MAX_AGE_MS - FEED_SYNC_INTERVAL_MS - SLACK_MS)
  await expectClosed('slow-meanwhile')
  process.kill(system.line.pid, 'SIGCONT')
  const resumedMs = await expectResumed('slow')
  console.log(
    `line-provider hangs: 503 after ${refusedMs} ms, FEED_DOWN after ${closedMs} ms ` +
      `of ${FEED_MAX_AGE_MS}, bets again after ${resumedMs} ms`,
  )
})

test('F19 line-provider down: the same immediately; bets resume when it is back', async () => {
  const began = performance.now()
  await killNow(system.line)
  const refusedMs = await expectUnavailable('down', SLACK_MS)
  await expectAccepted('down-meanwhile')
  const closedMs = await timeToClose('down', began)
  expect(closedMs).toBeGreaterThan(FEED_MAX_AGE_MS - FEED_SYNC_INTERVAL_MS - SLACK_MS)
  await expectClosed('down-meanwhile')
  await system.restart('line')
  const resumedMs = await expectResumed('down')
  console.log(
    `line-provider down: 503 after ${refusedMs} ms, FEED_DOWN after ${closedMs} ms ` +
      `of ${FEED_MAX_AGE_MS}, bets again after ${resumedMs} ms`,
  )
})
