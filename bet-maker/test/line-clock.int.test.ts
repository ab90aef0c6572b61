import { expect, test } from 'bun:test'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { after, SECOND_US, useLateBets, WITHIN_US } from './late-bets-app.ts'

const { db, syncs, seen, measured, become, listed, placedAt, placeAround, statesOf } =
  await useLateBets()

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

test('F44 a change from before the latest feed sync shows that a clock was set back', async () => {
  const ids = await placeAround()
  await db.sql`update feed_position set line_time = clock_timestamp()`
  const changed_at = new Date(Date.now() - 6_000).toISOString()
  await become(2, 'FINISHED_WIN', { ended_at: after(0), changed_at })
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
  expect(seen.endUnknown).toEqual(['m-1:2'])
})

test("F44 bets from before bet_db's clock was set back are not late", async () => {
  await db.apply(lineEvent('m-1'))
  const before = await placedAt(60_000 + 300_000)
  await become(2, 'FINISHED_WIN', { ended_at: after(0) })
  await become(3, 'FINISHED_WIN', { ended_at: after(1_000) })
  expect(await statesOf([before])).toBe('WIN')
})

test("F44 an end in the future shows that line_db's clock was set forward", async () => {
  const ids = await placeAround()
  await become(2, 'FINISHED_WIN', { ended_at: after(60_000 + 300_000) })
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
  expect(seen.endUnknown).toEqual(['m-1:2'])
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
  expect(seen.endUnknown).toEqual(['m-1:2'])
  expect(seen.refuted).toBe(0)
})

test('F44 nor when the distance has been measured again by then', async () => {
  const ids = await placeAround()
  const ended_at = after(-10_000)
  await become(2, 'FINISHED_WIN', { ended_at })
  await measured(-10 * SECOND_US)
  await listed(2, 'FINISHED_WIN', ended_at)
  expect(await statesOf(ids)).toBe('WIN WIN WIN WIN WIN')
})

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
