import { beforeEach, expect, test } from 'bun:test'
import type { EventState } from '@bets/domain/event'
import type { LineEvent } from '@bets/domain/line-event'
import { json, send } from '../../dev/testing/http.ts'
import { lineEvent, sportingEvent } from '../../dev/testing/line-event.ts'
import { createFeedSyncs } from '../src/infrastructure/feed-sync.repository.ts'
import { createLineCopy } from '../src/infrastructure/line-copy.repository.ts'
import { useBetApp } from './bet-app.ts'

const SECOND_US = 1_000_000
const WITHIN_US = 20_000
/** The end of the event by bet_db's clock. Bets are placed around it. */
const END_MS = Date.now() - 60_000

const db = await useBetApp()
const syncs = createFeedSyncs(db.sql)
let endUnknown: readonly string[]
let refuted: number
const copy = createLineCopy(db.sql, {
  onEndUnknown(changes) {
    endUnknown = changes
  },
  onRefuted(found) {
    refuted += found.length
  },
})

beforeEach(async () => {
  endUnknown = []
  refuted = 0
  await db.sql`truncate line_events, state_changes, bets`
  await db.synced(0)
  await measured(0)
})

/** Says how far line_db's clock is ahead of bet_db's; null: unknown. */
const measured = (aheadUs: number | null) => db.sql`
  update feed_position
  set line_offset_us = ${aheadUs}::bigint, line_offset_within_us = ${WITHIN_US},
      line_offset_at = clock_timestamp(), line_time = null`
const after = (ms: number) => new Date(END_MS + ms).toISOString()

/** Applies version after version of the event m-1 and settles. */
async function become(version: number, state: EventState, fields: Partial<LineEvent> = {}) {
  const changed_at = new Date().toISOString()
  await copy.apply([sportingEvent('m-1', { version, state, changed_at, ...fields })])
  await db.settle()
}

/** The same by a process of the version before, which says nothing of the end. */
async function becomeAsBefore(version: number, state: EventState) {
  const { ended_at, ...stated } = lineEvent('m-1', { version, state })
  await db.apply(stated)
  await db.settle()
}

/** What a feed sync that begins now reads. */
async function listed(version: number, state: EventState, ended_at: string | null) {
  const event = sportingEvent('m-1', { version, state, ended_at })
  await copy.apply([event], (await syncs.begin()).beganAt)
  await db.settle()
}

/** Places a bet of 10.00 at 1.50 and has it placed at a moment after the end. */
async function placedAt(ms: number): Promise<number> {
  const { id } = await db.bet({ event_id: 'm-1', bet_sum: '10.00' })
  await db.sql`update bets set created_at = ${after(ms)}::timestamptz where id = ${id}`
  return id
}
const MOMENTS = [-1_000, 0, 19, 22, 30_000]
const placeAround = async () => {
  await db.apply(lineEvent('m-1'))
  const ids: number[] = []
  for (const ms of MOMENTS) ids.push(await placedAt(ms))
  return ids
}

const show = async (id: number) =>
  json<{ state: string; payout: string; history: Record<string, unknown>[] }>(
    await send(db.app, 'GET', `/bets/${id}`),
  )
const statesOf = async (ids: readonly number[]) => {
  const states: string[] = []
  for (const id of ids) states.push((await show(id)).state)
  return states.join(' ')
}

for (const aheadUs of [0, 300 * SECOND_US, -300 * SECOND_US])
  for (const [state, due] of [
    ['FINISHED_WIN', ['WIN', '15.00']],
    ['FINISHED_LOSE', ['LOSE', '0.00']],
    ['CANCELLED', ['VOID', '10.00']],
  ] as const)
    test(`F44 line_db ahead by ${aheadUs / SECOND_US} s: late bets void at ${state}`, async () => {
      await measured(aheadUs)
      const ids = await placeAround()
      await become(2, state, { ended_at: after(aheadUs / 1_000) })
      for (const [index, id] of ids.entries()) {
        const bet = await show(id)
        const isLate = (MOMENTS[index] as number) > WITHIN_US / 1_000
        expect([bet.state, bet.payout]).toEqual(isLate ? ['VOID', '10.00'] : [...due])
        expect(bet.history.at(-1)).toMatchObject({
          ...{ state: bet.state, payout: bet.payout, event_version: 2 },
          reason: isLate ? 'placed_after_end' : null,
        })
      }
      expect(endUnknown).toEqual([])
    })

test('F45 a correction recomputes what is late: by the known end, or by another', async () => {
  const ids = await placeAround()
  await become(2, 'FINISHED_WIN', { ended_at: after(0) })
  expect(await statesOf(ids)).toBe('WIN WIN WIN VOID VOID')
  // What is known of the clocks meanwhile does not move the end.
  await measured(SECOND_US)
  await become(3, 'FINISHED_LOSE', { ended_at: after(0) })
  expect(await statesOf(ids)).toBe('LOSE LOSE LOSE VOID VOID')
  await measured(0)
  await become(4, 'FINISHED_WIN', { ended_at: after(10_000) })
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN VOID')
  await become(5, 'FINISHED_WIN', { ended_at: after(-500) })
  expect(await statesOf(ids)).toBe('WIN VOID VOID VOID VOID')
  await become(6, 'NEW')
  expect(await statesOf(ids)).toBe('PENDING PENDING PENDING PENDING PENDING')
  const again = await placedAt(40_000)
  await become(7, 'FINISHED_WIN', { ended_at: after(35_000) })
  expect(await statesOf([...ids, again])).toBe('WIN WIN WIN WIN WIN VOID')
  const { history } = await show(ids[3] as number)
  expect(history.map(({ state, reason }) => [state, reason])).toEqual([
    ['PENDING', null],
    ['VOID', 'placed_after_end'],
    ['VOID', 'placed_after_end'],
    ['WIN', null],
    ['VOID', 'placed_after_end'],
    ['PENDING', null],
    ['WIN', null],
  ])
})

test('F45 without a known distance of the clocks nothing is void, until a correction', async () => {
  await measured(null)
  const ids = await placeAround()
  await become(2, 'FINISHED_WIN', { ended_at: after(0) })
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
  expect(endUnknown).toEqual(['m-1:2'])
  await measured(0)
  await become(3, 'FINISHED_LOSE', { ended_at: after(0) })
  expect(await statesOf(ids)).toBe('LOSE LOSE LOSE VOID VOID')
})

test('an unknown end that a message brought is known by the next feed sync', async () => {
  await measured(null)
  const ids = await placeAround()
  await become(2, 'FINISHED_WIN', { ended_at: after(0) })
  const heard = sportingEvent('m-1', { version: 2, state: 'FINISHED_WIN', ended_at: after(0) })
  await measured(0)
  await copy.apply([heard], (await syncs.begin()).beganAt)
  await db.settle()
  expect(await statesOf(ids)).toBe('WIN WIN WIN VOID VOID')
})

test('F44 a change from before the latest feed sync shows that a clock was set back', async () => {
  const ids = await placeAround()
  await db.sql`update feed_position set line_time = clock_timestamp()`
  const changed_at = new Date(Date.now() - 6_000).toISOString()
  await become(2, 'FINISHED_WIN', { ended_at: after(0), changed_at })
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
  expect(endUnknown).toEqual(['m-1:2'])
})

test("F44 bets from before bet_db's clock was set back are not late", async () => {
  await db.apply(lineEvent('m-1'))
  const before = await placedAt(60_000 + 300_000)
  await become(2, 'FINISHED_WIN', { ended_at: after(0) })
  await become(3, 'FINISHED_WIN', { ended_at: after(1_000) })
  expect(await statesOf([before])).toBe('WIN')
})

test('a line of the version before states no end: nothing is void, a known end stays', async () => {
  const ids = await placeAround()
  await becomeAsBefore(2, 'FINISHED_WIN')
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
  await become(3, 'FINISHED_WIN', { ended_at: after(0) })
  await becomeAsBefore(4, 'FINISHED_LOSE')
  expect(await statesOf(ids)).toBe('LOSE LOSE LOSE VOID VOID')
})

test('an end that only a forged message states is taken back with it', async () => {
  const ids = await placeAround()
  await listed(2, 'FINISHED_WIN', null)
  await become(3, 'FINISHED_WIN', { ended_at: '2020-01-01T00:00:00.000Z' })
  expect(await statesOf(ids)).toBe('VOID VOID VOID VOID VOID')
  await listed(2, 'FINISHED_WIN', null)
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
  expect(refuted).toBe(1)
  const known = await db.sql`select from line_events where ended_at is not null`
  expect(known).toHaveLength(0)
})

test('the feed refutes nothing when it adds the end to what the version before said', async () => {
  const ids = await placeAround()
  await becomeAsBefore(2, 'FINISHED_WIN')
  await listed(2, 'FINISHED_WIN', after(0))
  expect(await statesOf(ids)).toBe('WIN WIN WIN VOID VOID')
  expect(refuted).toBe(0)
})

test("F44 an end in the future shows that line_db's clock was set forward", async () => {
  const ids = await placeAround()
  await become(2, 'FINISHED_WIN', { ended_at: after(60_000 + 300_000) })
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
  expect(endUnknown).toEqual(['m-1:2'])
})

test('F44 a clock was set before a message: the next feed sync voids no bet by it', async () => {
  const ids = await placeAround()
  const ended_at = after(-10_000)
  await become(2, 'FINISHED_WIN', { ended_at })
  expect(await statesOf(ids)).toBe('VOID VOID VOID VOID VOID')
  // bet_db's clock was set ten seconds forward before the bets were placed.
  expect(await measure(-10_000, 5)).toBe(false)
  await listed(2, 'FINISHED_WIN', ended_at)
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
  expect(endUnknown).toEqual(['m-1:2'])
  expect(refuted).toBe(0)
})

test('F44 nor when the distance has been measured again by then', async () => {
  const ids = await placeAround()
  const ended_at = after(-10_000)
  await become(2, 'FINISHED_WIN', { ended_at })
  await measured(-10 * SECOND_US)
  await listed(2, 'FINISHED_WIN', ended_at)
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
})

const distance = async () =>
  (
    await db.sql<{ ahead: number; within: number }[]>`
      select line_offset_us as ahead, line_offset_within_us(f, clock_timestamp()) as within
      from feed_position f`
  )[0] as { ahead: number | null; within: number }

/** A reading of a clock that is ahead by this much, within a bracket of this length. */
async function measure(aheadMs: number, bracketMs: number): Promise<boolean> {
  const [{ asked_at, line_time }] = await db.sql<[{ asked_at: string; line_time: string }]>`
    select now.t - ${bracketMs}::float8 * interval '1 ms' as asked_at,
           now.t - ${bracketMs * Math.random()}::float8 * interval '1 ms'
             + ${aheadMs}::float8 * interval '1 ms' as line_time
    from (select clock_timestamp() as t) now`
  return syncs.measureLineClock({ ...(await syncs.begin()), beganAt: asked_at }, line_time)
}

test('the distance of the clocks lies in every range that was measured', async () => {
  await measured(null)
  for (let round = 0; round < 40; round++) {
    const bracketMs = 1 + Math.random() * 80
    expect(await measure(7_000, bracketMs)).toBe(true)
    const { ahead, within } = await distance()
    expect(Math.abs((ahead ?? Number.NaN) - 7_000_000)).toBeLessThanOrEqual(within)
  }
  expect((await distance()).within).toBeLessThan(10_000)
})

test('F44 a clock that was set leaves the distance unknown until the next reading', async () => {
  await measured(null)
  for (const aheadMs of [0, 300_000, -300_000, 100]) {
    await measure(aheadMs, 5)
    expect(await measure(aheadMs, 5)).toBe(true)
    expect(Math.abs(((await distance()).ahead ?? Number.NaN) - aheadMs * 1_000)).toBeLessThan(
      50_000,
    )
    expect(await measure(aheadMs + 60_000, 5)).toBe(false)
    expect((await distance()).ahead).toBeNull()
  }
})

test("F44 bet_db's clock was set back between two readings: the distance is unknown", async () => {
  await db.sql`update feed_position set line_offset_at = clock_timestamp() + interval '5 minutes'`
  const ids = await placeAround()
  await become(2, 'FINISHED_WIN', { ended_at: after(0) })
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
  expect(await measure(0, 5)).toBe(false)
  expect(await measure(0, 5)).toBe(true)
})

test('the uncertainty grows with the time since the reading', async () => {
  await db.sql`
    update feed_position set line_offset_at = clock_timestamp() - interval '100 seconds'`
  const { within } = await distance()
  expect(within).toBeWithin(WITHIN_US + 10_000, WITHIN_US + 11_000)
})
