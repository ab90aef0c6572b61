import { expect, test } from 'bun:test'
import type { EventState } from '@bets/domain/event'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { after, MOMENTS, SECOND_US, useLateBets, WITHIN_US } from './late-bets-app.ts'

const { db, seen, measured, become, listed, placedAt, placeAround, show, statesOf } =
  await useLateBets()

/** Applies a version by a process of the version before, which says nothing of the end. */
async function becomeAsBefore(version: number, state: EventState) {
  const { ended_at, ...stated } = lineEvent('m-1', { version, state })
  await db.apply(stated)
  await db.settle()
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
      expect(seen.endUnknown).toEqual([])
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
  expect(seen.endUnknown).toEqual(['m-1:2'])
  await measured(0)
  await become(3, 'FINISHED_LOSE', { ended_at: after(0) })
  expect(await statesOf(ids)).toBe('LOSE LOSE LOSE VOID VOID')
})

test('an unknown end that a message brought is known by the next feed sync', async () => {
  await measured(null)
  const ids = await placeAround()
  await become(2, 'FINISHED_WIN', { ended_at: after(0) })
  await measured(0)
  await listed(2, 'FINISHED_WIN', after(0))
  expect(await statesOf(ids)).toBe('WIN WIN WIN VOID VOID')
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
  expect(seen.refuted).toBe(1)
  const known = await db.sql`select from line_events where ended_at is not null`
  expect(known).toHaveLength(0)
})

test('the feed refutes nothing when it adds the end to what the version before said', async () => {
  const ids = await placeAround()
  await becomeAsBefore(2, 'FINISHED_WIN')
  await listed(2, 'FINISHED_WIN', after(0))
  expect(await statesOf(ids)).toBe('WIN WIN WIN VOID VOID')
  expect(seen.refuted).toBe(0)
})
