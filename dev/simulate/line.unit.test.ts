import { expect, test } from 'bun:test'
import type { Day } from './day.ts'
import { type Answer, lyingDuringTests, shownEvent } from './lying-service.ts'
import { LATE_MS, operate } from './operator.ts'
import { PriceList } from './price-list.ts'

const startLyingService = lyingDuringTests()

/**
 * A day of one event with these steps, which begins at once; the line answers what it is told to.
 */
function startDay(answersFor: (event: object) => Answer[], steps: Day['plans'][0]['steps']) {
  const answers: Answer[] = []
  const service = startLyingService(answers)
  Object.assign(service.day, { plans: [{ kickOffMs: undefined, steps }] })
  answers.push(...answersFor(shownEvent(service.book, { coefficient: '1.60', version: 2 })))
  return service
}

const DEARER = [{ atMs: 0, change: { coefficient: 160n } }]

test('a change that is answered as it should be', async () => {
  const { day, book } = startDay((event) => [{ status: 200, body: event }], DEARER)
  await operate(day)
  expect(day.findings.texts).toEqual([])
  expect(book.latest).toMatchObject({ version: 2, coefficient: 160n })
})

test.each<[string, (event: object) => Answer[]]>([
  ['another price', (event) => [{ status: 200, body: { ...event, coefficient: '1.61' } }]],
  ['a version too far', (event) => [{ status: 200, body: { ...event, version: 3 } }]],
  ['no change', (event) => [{ status: 200, body: { ...event, version: 1 } }]],
  ['another deadline', (event) => [{ status: 200, body: { ...event, deadline: 1 } }]],
  ['a refusal', () => [{ status: 409, body: { code: 'EVENT_ENDED' } }]],
])('found: a change that is answered with %s', async (_, answersFor) => {
  const { day } = startDay(answersFor, DEARER)
  await operate(day)
  expect(day.findings.texts).toEqual([
    expect.stringContaining('sim-1.0 should be 1.60 NEW version 2, PUT /event answered'),
  ])
})

test('a change without an answer is made again, and the next one waits until the first can do no harm', async () => {
  const { day, book, asked } = startDay(
    (event) => [
      { status: 503, body: { code: 'DATABASE_UNAVAILABLE' }, headers: { 'retry-after': '0' } },
      { status: 200, body: event },
      { status: 200, body: { ...event, version: 3, suspended: true } },
    ],
    [...DEARER, { atMs: 0, change: { suspended: true } }],
  )
  const beganMs = performance.now()
  await operate(day)
  expect(performance.now() - beganMs).toBeGreaterThan(LATE_MS)
  expect(day.findings.texts).toEqual([])
  expect([book.latest?.version, asked.length]).toEqual([3, 3])
})

test.each<[string, object, boolean]>([
  ['as it is', {}, true],
  ['at another price', { coefficient: '1.51' }, false],
  ['although it is suspended', { suspended: true }, false],
  ['with another deadline', { deadline: 1 }, false],
  ['at a version that may be on its way', { version: 2, coefficient: '9.00' }, true],
])('an event that is listed %s', async (_, change, isRight) => {
  const answers: Answer[] = []
  const { day, book } = startLyingService(answers, { seconds: 0.1 })
  const event = shownEvent(book)
  answers.push({
    status: 200,
    body: [
      { ...event, event_id: 'm-1' },
      { ...event, ...change },
    ],
  })
  const prices = new PriceList(day)
  await prices.follow()
  expect(day.findings.count).toBe(isRight ? 0 : 1)
  expect(prices.any(() => 0.99)?.book).toBe(book)
})
