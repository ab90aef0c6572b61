import { expect, test } from 'bun:test'
import type { Day } from './day.ts'
import { type Answer, fakeServicesDuringTests, shownEvent } from './fake-service.ts'
import { OpenEvents } from './open-events.ts'
import { LATE_MS, operate } from './operator.ts'

const startFakeService = fakeServicesDuringTests()

/** A day with one event and these steps, starting now; the service gives these answers. */
function startDay(answersFor: (event: object) => Answer[], steps: Day['plans'][0]['steps']) {
  const answers: Answer[] = []
  const service = startFakeService(answers)
  Object.assign(service.day, { plans: [{ kickOffMs: undefined, steps }] })
  answers.push(...answersFor(shownEvent(service.book, { coefficient: '1.60', version: 2 })))
  return service
}

const CHANGE = [{ atMs: 0, change: { coefficient: 160n } }]

test('a change with the expected answer gives no finding', async () => {
  const { day, book } = startDay((event) => [{ status: 200, body: event }], CHANGE)
  await operate(day)
  expect(day.findings.texts).toEqual([])
  expect(book.latest).toMatchObject({ version: 2, coefficient: 160n })
})

test.each<[string, (event: object) => Answer[]]>([
  ['another coefficient', (event) => [{ status: 200, body: { ...event, coefficient: '1.61' } }]],
  ['a version too high', (event) => [{ status: 200, body: { ...event, version: 3 } }]],
  ['no change', (event) => [{ status: 200, body: { ...event, version: 1 } }]],
  ['another deadline', (event) => [{ status: 200, body: { ...event, deadline: 1 } }]],
  ['a refusal', () => [{ status: 409, body: { code: 'EVENT_ENDED' } }]],
])('found: a change answered with %s', async (_, answersFor) => {
  const { day } = startDay(answersFor, CHANGE)
  await operate(day)
  expect(day.findings.texts).toEqual([
    expect.stringContaining('sim-1.0 should be 1.60 NEW version 2, PUT /event answered'),
  ])
})

test('an unanswered change is retried; the next waits until it can no longer arrive', async () => {
  const { day, book, asked } = startDay(
    (event) => [
      { status: 503, body: { code: 'DATABASE_UNAVAILABLE' }, headers: { 'retry-after': '0' } },
      { status: 200, body: event },
      { status: 200, body: { ...event, version: 3, suspended: true } },
    ],
    [...CHANGE, { atMs: 0, change: { suspended: true } }],
  )
  const beganMs = performance.now()
  await operate(day)
  expect(performance.now() - beganMs).toBeGreaterThan(LATE_MS)
  expect(day.findings.texts).toEqual([])
  expect([book.latest?.version, asked.length]).toEqual([3, 3])
})

test.each<[string, object, boolean]>([
  ['correctly', {}, true],
  ['at another coefficient', { coefficient: '1.51' }, false],
  ['although it is suspended', { suspended: true }, false],
  ['with another deadline', { deadline: 1 }, false],
  ['at a version that may not be answered yet', { version: 2, coefficient: '9.00' }, true],
])('an event listed %s', async (_, change, isRight) => {
  const answers: Answer[] = []
  const { day, book } = startFakeService(answers, { seconds: 0.1 })
  const event = shownEvent(book)
  answers.push({
    status: 200,
    body: [
      { ...event, event_id: 'm-1' },
      { ...event, ...change },
    ],
  })
  const openEvents = new OpenEvents(day)
  await openEvents.follow()
  expect(day.findings.count).toBe(isRight ? 0 : 1)
  expect(openEvents.pickOffer(() => 0.99)?.book).toBe(book)
})
