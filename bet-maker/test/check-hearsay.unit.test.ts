import { expect, test } from 'bun:test'
import type { SportingEvent } from '@bets/domain/event'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { checkHearsay } from '../src/application/check-hearsay.ts'
import { LineUnavailableError } from '../src/domain/errors.ts'

const SYNC = { number: 7, cursor: 'c', versionBase: 0, beganAt: 'when it began', heard: new Map() }

/** A check of these events; the line has those whose ids begin with m. */
function setUp(eventIds: string[], more = false) {
  const asked: string[] = []
  const applied: string[] = []
  const refuted: string[] = []
  let mostAtOnce = 0
  let atOnce = 0
  let woken = 0
  const times = new Set<string>()
  const world = { asked, applied, refuted, times, available: true }
  const check = checkHearsay({
    syncs: { unlisted: async () => ({ eventIds, more }) },
    line: {
      async event(eventId) {
        if (!world.available) throw new LineUnavailableError()
        asked.push(eventId)
        mostAtOnce = Math.max(mostAtOnce, ++atOnce)
        await Bun.sleep(0)
        atOnce--
        return eventId.startsWith('m') ? sportingEvent(eventId) : undefined
      },
    },
    copy: {
      async refute(ids, readSince) {
        times.add(readSince)
        refuted.push(...ids)
        return { owed: ids.length > 0, far: new Set() }
      },
    },
    async applyChanges(events: readonly SportingEvent[], readSince) {
      times.add(readSince)
      applied.push(...events.map(({ eventId }) => eventId))
      return events.map(({ eventId }) => (eventId === 'm-bad' ? new Error('bad') : undefined))
    },
    onOwed: () => void woken++,
  })
  return {
    ...world,
    world,
    run: (heard: Record<string, number> = {}) => check(SYNC, new Map(Object.entries(heard))),
    mostAtOnce: () => mostAtOnce,
    woken: () => woken,
  }
}

test('what was heard and not listed is asked for, and applied or refuted', async () => {
  const { run, asked, applied, refuted, times, woken } = setUp(['m-1', 'x-1', 'm-2'])
  await run()
  expect(asked).toEqual(['m-1', 'x-1', 'm-2'])
  expect(applied).toEqual(['m-1', 'm-2'])
  expect(refuted).toEqual(['x-1'])
  expect([...times]).toEqual(['infinity', SYNC.beganAt])
  expect(woken()).toBe(1)
})

test('an answer below what was heard when the sync began replaces all that was heard', async () => {
  const { run, applied, times } = setUp([])
  await run({ 'm-1': 2 })
  expect(applied).toEqual(['m-1'])
  expect(times).toContain('infinity')
})

test('an answer that holds what was heard replaces nothing that came since', async () => {
  const { run, applied, asked } = setUp([])
  await run({ 'm-1': 1 })
  expect(asked).toEqual(['m-1'])
  expect(applied).toEqual(['m-1'])
})

test('events are asked for sixteen at a time', async () => {
  const { run, asked, mostAtOnce } = setUp(Array.from({ length: 40 }, (_, n) => `m-${n}`))
  await run()
  expect(asked).toHaveLength(40)
  expect(mostAtOnce()).toBe(16)
})

test('more than a bounded number leave the sync incomplete, but those are replaced', async () => {
  const { run, applied } = setUp(['m-1'], true)
  await expect(run()).rejects.toThrow('more events')
  expect(applied).toEqual(['m-1'])
})

test('without an answer, or with an event that cannot be applied, the sync fails', async () => {
  const { run, world } = setUp(['m-1', 'm-bad'])
  await expect(run()).rejects.toThrow('bad')
  world.available = false
  await expect(run()).rejects.toThrow(LineUnavailableError)
})
