import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { SportingEvent } from '@bets/domain/event'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { listOpenEvents } from '../src/application/list-open-events.ts'
import { LineUnavailableError } from '../src/domain/errors.ts'
import { fakeClock } from './fixtures.ts'

/** A line whose answers the test gives. */
function openLine() {
  const asked: PromiseWithResolvers<SportingEvent[]>[] = []
  return {
    asked,
    openEvents() {
      const answer = Promise.withResolvers<SportingEvent[]>()
      asked.push(answer)
      return answer.promise
    },
  }
}

describe('listing the open events', () => {
  let clock: ReturnType<typeof fakeClock>
  beforeEach(() => {
    clock = fakeClock()
  })
  afterEach(() => clock.restore())

  test('concurrent callers share one request', async () => {
    const line = openLine()
    const list = listOpenEvents({ line })
    const all = [list(), list(), list()]
    expect(line.asked).toHaveLength(1)
    line.asked[0]?.resolve([sportingEvent('m-1')])
    for (const events of await Promise.all(all)) expect(events).toEqual([sportingEvent('m-1')])
  })

  test('an answer is cached for a second, as the same object, then requested again', async () => {
    const line = openLine()
    const list = listOpenEvents({ line })
    const first = list()
    line.asked[0]?.resolve([sportingEvent('m-1')])
    const kept = await first
    clock.advance(999)
    expect(await list()).toBe(kept)
    expect(line.asked).toHaveLength(1)

    clock.advance(1)
    const second = list()
    expect(line.asked).toHaveLength(2)
    line.asked[1]?.resolve([])
    expect(await second).toEqual([])
    // An empty list is an answer too.
    expect(await list()).toEqual([])
    expect(line.asked).toHaveLength(2)
  })

  test('when line-provider is unavailable all get the error; the next call retries', async () => {
    const line = openLine()
    const list = listOpenEvents({ line })
    const first = list()
    line.asked[0]?.resolve([sportingEvent('m-1')])
    await first
    clock.advance(1_001)

    const refused = Promise.allSettled([list(), list()])
    expect(line.asked).toHaveLength(2)
    line.asked[1]?.reject(new LineUnavailableError())
    for (const result of await refused)
      expect(result).toHaveProperty('reason', new LineUnavailableError())

    const third = list()
    expect(line.asked).toHaveLength(3)
    line.asked[2]?.resolve([sportingEvent('m-2')])
    expect(await third).toEqual([sportingEvent('m-2')])
  })
})
