import { afterEach, beforeEach, expect, test } from 'bun:test'
import { DatabaseUnavailableError } from '@bets/domain/errors'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import type { LatestBets } from '../src/application/ports.ts'
import { readBoard } from '../src/application/read-board.ts'
import { LineUnavailableError } from '../src/domain/errors.ts'
import { fakeClock } from './fixtures.ts'

let clock: ReturnType<typeof fakeClock>
beforeEach(() => {
  clock = fakeClock()
})
afterEach(() => clock.restore())

const LATEST: LatestBets = {
  feedAgeMs: 100,
  count: 0,
  turnoverCents: 0n,
  pendingCents: 0n,
  resultCents: 0n,
  newest: [],
  bars: [],
  barMs: 10_000,
  barsUntil: '2026-01-31T12:00:00.000Z',
}

/** A line and a database that count their calls, and fail on demand. */
function createBoard() {
  const reads = { line: 0, database: 0 }
  const failing: { line?: Error; database?: Error } = {}
  const read = readBoard({
    async listOpenEvents() {
      reads.line++
      await Bun.sleep(1)
      if (failing.line) throw failing.line
      return { events: [sportingEvent('m-1')], next: undefined }
    },
    board: {
      async latest() {
        reads.database++
        await Bun.sleep(1)
        if (failing.database) throw failing.database
        return { ...LATEST }
      },
    },
    feedMaxAgeMs: 20_000,
  })
  return { read, reads, failing }
}

test('a hundred concurrent viewers cost one database read per second', async () => {
  const { read, reads } = createBoard()
  const looks = await Promise.all(Array.from({ length: 100 }, read))
  expect(reads.database).toBe(1)
  expect(new Set(looks.map(({ latest }) => latest)).size).toBe(1)
  clock.advance(999)
  await read()
  expect(reads.database).toBe(1)
  clock.advance(1)
  await Promise.all(Array.from({ length: 100 }, read))
  expect(reads.database).toBe(2)
})

test('reads nothing while nobody is viewing', async () => {
  const { reads } = createBoard()
  await Bun.sleep(20)
  expect(reads).toEqual({ line: 0, database: 0 })
})

test('an unavailable database is queried once a second, and events are still shown', async () => {
  const { read, reads, failing } = createBoard()
  failing.database = new DatabaseUnavailableError()
  for (let look = 0; look < 5; look++)
    expect(await read()).toMatchObject({
      latest: undefined,
      betsTaken: false,
      events: { events: [{ eventId: 'm-1' }] },
    })
  expect(reads.database).toBe(1)
  clock.advance(1_000)
  delete failing.database
  expect(await read()).toMatchObject({ latest: { count: 0 }, betsTaken: true })
})

test('an unavailable line-provider is called once a second, and bets are still shown', async () => {
  const { read, reads, failing } = createBoard()
  failing.line = new LineUnavailableError()
  for (let look = 0; look < 5; look++)
    expect(await read()).toMatchObject({ events: undefined, betsTaken: true })
  expect(reads.line).toBe(1)
  clock.advance(1_000)
  delete failing.line
  expect(await read()).toMatchObject({ events: { events: [{ eventId: 'm-1' }] } })
})

test('an unexpected error does not count as unavailability', async () => {
  const { read, failing } = createBoard()
  failing.database = new TypeError('a fault of ours')
  await expect(read()).rejects.toThrow('a fault of ours')
})
