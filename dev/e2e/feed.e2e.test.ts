import { afterAll, beforeAll, expect, test } from 'bun:test'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import type { ServiceProcess } from '../testing/process.ts'
import { get, send } from '../traffic/client.ts'
import { type System, startSystem } from './system.ts'

const EVENTS = 300
const WRITERS = 8
/**
 * Small, so that a feed sync reads many pages while the line changes, but large enough to read
 * faster than the line changes, as the default of 1,000 always is.
 */
const LIMIT = 50
const DURATION_MS = 4_000
/** Far more than a feed sync needs; one that chased the changes would never end. */
const FEED_SYNC_WITHIN_MS = 2_000

let system: System
let lines: ServiceProcess[]

beforeAll(async () => {
  system = await startSystem({ LOG_LEVEL: 'warn', FEED_SYNC_INTERVAL_MS: '200' })
  lines = [system.line, await system.spawn('line')]
  await lines[1]?.waitReady()
})
afterAll(() => system.stop())

const line = (number: number) => (lines[number % lines.length] as ServiceProcess).url

test('F01 a feed sync ends under steady changes and misses no earlier commit', async () => {
  /** The highest version of each event that line-provider has confirmed. */
  const committed = new Map<string, number>()
  const endMs = performance.now() + DURATION_MS
  const over = () => performance.now() > endMs
  let changes = 0
  const write = async (writer: number) => {
    for (let number = 0; !over(); number++) {
      const event_id = `f-${Math.floor(Math.random() * EVENTS)}`
      // All deadlines differ, so that each change has an effect.
      const change = {
        event_id,
        coefficient: '1.50',
        deadline: FAR_DEADLINE - number * WRITERS - writer,
      }
      const { status, body } = await send('PUT', `${line(writer)}/event`, change)
      expect(status).toBeOneOf([200, 201])
      committed.set(event_id, Math.max(committed.get(event_id) ?? 0, Number(body.version)))
      changes++
    }
  }

  const durations: number[] = []
  /** Reads from a cursor to the end, as the worker does; sometimes from the beginning. */
  const follow = async (reader: number) => {
    let seen = new Map<string, number>()
    let cursor: string | undefined
    for (let sync = 0; !over(); sync++) {
      if (sync % 10 === 0) {
        seen = new Map()
        cursor = undefined
      }
      const expected = new Map(committed)
      const beganMs = performance.now()
      for (let page = 0; ; page++) {
        const after: string = cursor === undefined ? '' : `&after=${cursor}`
        const body = await get(`${line(reader + page)}/events/changes?limit=${LIMIT}${after}`)
        const items = body.items as { event_id: string; version: number }[]
        for (const { event_id, version } of items)
          seen.set(event_id, Math.max(seen.get(event_id) ?? 0, version))
        cursor = body.cursor as string
        if (items.length < LIMIT) break
      }
      durations.push(performance.now() - beganMs)
      const missed = [...expected].filter(([id, version]) => (seen.get(id) ?? 0) < version)
      expect(missed).toEqual([])
    }
  }

  await Promise.all([
    ...Array.from({ length: WRITERS }, (_, writer) => write(writer)),
    ...[0, 1].map((reader) => follow(reader)),
  ])
  console.log(
    `${changes} changes, ${durations.length} feed syncs, ` +
      `the longest ${Math.max(...durations).toFixed(0)} ms`,
  )
  expect(changes).toBeGreaterThan(500)
  expect(durations.length).toBeGreaterThan(30)
  expect(Math.max(...durations)).toBeLessThan(FEED_SYNC_WITHIN_MS)
  await system.atRest()
})
