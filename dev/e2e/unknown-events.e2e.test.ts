import { expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { systemDuringTests } from './system.ts'

const NEW_EVENTS = 50
const MADE_UP = 3_000
const AT_ONCE = 200
/** bet-maker's own limit. */
const MAX_IN_FLIGHT = 16

// Only the first feed sync runs, and the gate stays open: events become known by messages or by
// asking line-provider.
const system = systemDuringTests({
  FEED_SYNC_INTERVAL_MS: '3600000',
  FEED_MAX_AGE_MS: '3600000',
  LOG_LEVEL: 'warn',
})

const versionOf = async (event_id: string) =>
  (
    await system.betSql<
      { version: number }[]
    >`select version from line_events where event_id = ${event_id}`
  )[0]?.version

test('F11 a message about an unknown event is applied', async () => {
  await system.open('by-message')
  await eventually(async () => expect(await versionOf('by-message')).toBe(1))
})

test('F11 a new event takes bets immediately, even without a worker', async () => {
  system.worker.kill('SIGSTOP')
  for (let event = 0; event < NEW_EVENTS; event++) {
    const event_id = `new-${event}`
    await system.open(event_id)
    expect(await versionOf(event_id)).toBe(undefined)
    const answer = await system.place(event_id)
    expect(answer).toMatchObject({ status: 201, body: { event_id, event_version: 1 } })
  }
  system.worker.kill('SIGCONT')
  await system.atRest()
})

test('F11 a flood of made-up ids neither floods line-provider nor slows other bets', async () => {
  let inFlight = 0
  let most = 0
  let asked = 0
  const line = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch() {
      asked++
      most = Math.max(most, ++inFlight)
      await Bun.sleep(20)
      inFlight--
      return Response.json({ code: 'EVENT_NOT_FOUND' }, { status: 404 })
    },
  })
  const api = await system.spawn('bets', { LINE_PROVIDER_URL: line.url.origin })
  const bet = (event_id: string) => system.place(event_id, undefined, api.url)

  const counts: Record<string, number> = {}
  let number = 0
  const flood = Array.from({ length: AT_ONCE }, async () => {
    while (number < MADE_UP) {
      const { status, body } = await bet(`made-up-${number++}`)
      counts[`${status} ${body.code}`] = (counts[`${status} ${body.code}`] ?? 0) + 1
    }
  })
  let longestMs = 0
  while (number < MADE_UP) {
    const askedMs = performance.now()
    expect((await bet('by-message')).status).toBe(201)
    longestMs = Math.max(longestMs, performance.now() - askedMs)
  }
  await Promise.all(flood)
  line.stop(true)
  console.log(
    `${asked} of ${MADE_UP} made-up ids requested, ${most} at once; ${JSON.stringify(counts)}; ` +
      `a bet on a known event took at most ${longestMs.toFixed(0)} ms`,
  )
  expect(most).toBe(MAX_IN_FLIGHT)
  expect(Object.keys(counts).sort()).toEqual(['404 EVENT_NOT_FOUND', '503 OVERLOADED'])
  expect(asked).toBe(counts['404 EVENT_NOT_FOUND'] as number)
  expect(longestMs).toBeLessThan(1_000)
  await system.atRest()
})
