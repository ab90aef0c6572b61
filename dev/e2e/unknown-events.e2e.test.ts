import { expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { lineEvent } from '../testing/line-event.ts'
import { send } from '../traffic/client.ts'
import { systemDuringTests } from './system.ts'

const NEW_EVENTS = 50
/** More than line-provider can answer within the time that a lookup may wait. */
const AT_ONCE = 240
const ANSWERS_AFTER_MS = 60
const FIRST_BETS = 20
const TOKENS = { flooding: 'f'.repeat(32), honest: 'h'.repeat(32) }
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

test('F36 a flood of made-up ids does not take the place of others', async () => {
  let inFlight = 0
  let most = 0
  const line = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch({ url }) {
      most = Math.max(most, ++inFlight)
      await Bun.sleep(ANSWERS_AFTER_MS)
      inFlight--
      const id = new URL(url).pathname.slice('/event/'.length)
      return id.startsWith('honest')
        ? Response.json(lineEvent(id))
        : Response.json({ code: 'EVENT_NOT_FOUND' }, { status: 404 })
    },
  })
  const api = await system.spawn('bets', {
    LINE_PROVIDER_URL: line.url.origin,
    CLIENT_TOKENS: `flooding:${TOKENS.flooding},honest:${TOKENS.honest}`,
  })
  const bet = (client: keyof typeof TOKENS, event_id: string) =>
    send(
      'POST',
      `${api.url}/bet`,
      { event_id, bet_sum: '1.00' },
      {
        authorization: `Bearer ${TOKENS[client]}`,
      },
    )

  await system.open('known')
  await eventually(async () => expect(await versionOf('known')).toBe(1))
  const counts: Record<string, number> = {}
  let number = 0
  let flooding = true
  const flood = Array.from({ length: AT_ONCE }, async () => {
    while (flooding) {
      const { body } = await bet('flooding', `made-up-${number++}`)
      counts[String(body.code)] = (counts[String(body.code)] ?? 0) + 1
    }
  })
  await eventually(async () => expect(most).toBe(MAX_IN_FLIGHT))
  const honest: number[] = []
  let longestMs = 0
  for (let event = 0; event < FIRST_BETS; event++) {
    honest.push((await bet('honest', `honest-${event}`)).status)
    const askedMs = performance.now()
    expect((await bet('honest', 'known')).status).toBe(201)
    longestMs = Math.max(longestMs, performance.now() - askedMs)
  }
  flooding = false
  await Promise.all(flood)
  line.stop(true)
  console.log(
    `${number} made-up ids: ${JSON.stringify(counts)}, ${most} requested at once; ` +
      `a bet on a known event took at most ${longestMs.toFixed(0)} ms`,
  )
  expect(honest).toEqual(new Array(FIRST_BETS).fill(201))
  expect(most).toBe(MAX_IN_FLIGHT)
  expect(Object.keys(counts).sort()).toEqual(['EVENT_NOT_FOUND', 'OVERLOADED'])
  expect(longestMs).toBeLessThan(1_000)
})
