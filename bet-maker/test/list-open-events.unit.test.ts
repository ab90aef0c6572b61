import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { listOpenEvents } from '../src/application/list-open-events.ts'
import type { Line, OpenEventsPage } from '../src/application/ports.ts'
import { LineUnavailableError } from '../src/domain/errors.ts'
import { fakeClock } from './fixtures.ts'

const EVENTS = ['m-1', 'm-2', 'm-3'].map((id) => sportingEvent(id))
const [first, second] = EVENTS
const PAGE: OpenEventsPage = { events: EVENTS, next: undefined }
const NONE: OpenEventsPage = { events: [], next: undefined }

/** A line whose answers the test gives. */
function openLine() {
  const asked: Parameters<Line['openEvents']>[] = []
  const answers: PromiseWithResolvers<OpenEventsPage>[] = []
  const list = listOpenEvents({
    line: {
      openEvents(...page) {
        const answer = Promise.withResolvers<OpenEventsPage>()
        asked.push(page)
        answers.push(answer)
        return answer.promise
      },
    },
  })
  return {
    asked,
    list,
    first: (limit = 1_000) => list(undefined, limit),
    answer: (page: OpenEventsPage) => answers.at(-1)?.resolve(page),
    fail: () => answers.at(-1)?.reject(new LineUnavailableError()),
  }
}

describe('listing the open events', () => {
  let clock: ReturnType<typeof fakeClock>
  beforeEach(() => {
    clock = fakeClock()
  })
  afterEach(() => clock.restore())

  test('callers of the first page share one request, however much of it they want', async () => {
    const { asked, first: page, answer } = openLine()
    const all = [page(), page(3), page(2)]
    expect(asked).toEqual([[undefined, 1_000]])
    answer(PAGE)
    expect(await Promise.all(all)).toEqual([
      PAGE,
      PAGE,
      { events: EVENTS.slice(0, 2), next: second },
    ])
  })

  test('the first page is cached for a second, as the same object', async () => {
    const { asked, first: page, answer } = openLine()
    const reading = page()
    answer(PAGE)
    const kept = await reading
    clock.advance(999)
    expect(await page()).toBe(kept)
    expect(asked).toHaveLength(1)

    clock.advance(1)
    const next = page()
    expect(asked).toHaveLength(2)
    answer(NONE)
    expect(await next).toEqual(NONE)
    // An empty list is an answer too.
    expect(await page()).toEqual(NONE)
    expect(asked).toHaveLength(2)
  })

  test('a later page is read as it is wanted, once for all who want it meanwhile', async () => {
    const { asked, list, answer } = openLine()
    const all = [list(first, 10), list(first, 10)]
    expect(asked).toEqual([[first, 10]])
    answer(PAGE)
    const [one, other] = await Promise.all(all)
    expect(one).toBe(other)
    const again = list(first, 10)
    expect(asked).toHaveLength(2)
    answer(NONE)
    expect(await again).toEqual(NONE)
  })

  test('when line-provider is unavailable all get the error; the next call retries', async () => {
    const { asked, first: page, answer, fail } = openLine()
    const refused = Promise.allSettled([page(), page()])
    fail()
    for (const result of await refused)
      expect(result).toHaveProperty('reason', new LineUnavailableError())
    const next = page()
    expect(asked).toHaveLength(2)
    answer(PAGE)
    expect(await next).toEqual(PAGE)
  })
})
