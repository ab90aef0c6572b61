import { expect, test } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { expectProblem, json, send } from '../../dev/testing/http.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { useLineApp } from './line-app.ts'

const RFC3339_UTC_MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

let number = 0

const line = await useLineApp()

const newId = () => `e-${++number}`
const newEvent = (fields: object = {}) =>
  line.event({ event_id: newId(), coefficient: '1.50', deadline: FAR_DEADLINE, ...fields })

test('a new event is 201 with the event: version 1, NEW, not suspended, no reason', async () => {
  const response = await line.put({ event_id: 'm-1', coefficient: '1.50', deadline: FAR_DEADLINE })
  expect(response.status).toBe(201)
  expect(response.headers.get('content-type')).toStartWith('application/json')
  const text = await response.text()
  const event = JSON.parse(text)
  expect(event).toEqual({
    event_id: 'm-1',
    coefficient: '1.50',
    deadline: FAR_DEADLINE,
    state: 'NEW',
    suspended: false,
    version: 1,
    reason: null,
    changed_at: expect.stringMatching(RFC3339_UTC_MS),
    ended_at: null,
  })
  expect(Math.abs(Date.parse(event.changed_at) - Date.now())).toBeLessThan(5_000)
  expect(await (await send(line.app, 'GET', '/event/m-1')).text()).toBe(text)
})

test('a new event may set NEW, suspended and a reason', async () => {
  const event = await newEvent({ state: 'NEW', suspended: true, reason: 'line-up unknown' })
  expect(event).toMatchObject({ state: 'NEW', suspended: true, reason: 'line-up unknown' })
  expect(event.version).toBe(1)
})

test('a past deadline is allowed, for a new event and as a change', async () => {
  expect((await newEvent({ deadline: 0 })).deadline).toBe(0)
  const { event_id } = await newEvent()
  expect(await line.event({ event_id, deadline: 1 })).toMatchObject({ deadline: 1, version: 2 })
  expect((await line.event({ event_id, deadline: 253_402_300_799 })).deadline).toBe(253_402_300_799)
})

test('a coefficient may be a string or a number, and is shown with two decimals', async () => {
  for (const coefficient of ['10.1', 10.1])
    expect((await newEvent({ coefficient })).coefficient).toBe('10.10')
})

test('ids of all allowed characters and lengths work, percent-encoded too', async () => {
  for (const event_id of [
    'a'.repeat(64),
    ...'a 0 A.b_c:d-e NULL constructor changes m..1'.split(' '),
  ]) {
    await line.event({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE })
    for (const path of [
      event_id,
      [...event_id].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(''),
    ])
      expect(await json(await send(line.app, 'GET', `/event/${path}`))).toMatchObject({ event_id })
  }
})

test('a whole number as an id is its decimal text, and states may be numbers', async () => {
  const body = (event_id: unknown, state?: unknown, reason?: string) => ({
    ...{ event_id, coefficient: 1.5, deadline: FAR_DEADLINE },
    ...(state !== undefined && { state }),
    ...(reason !== undefined && { reason }),
  })
  for (const id of [7, 0, 1e3, Number.MAX_SAFE_INTEGER]) {
    const text = String(id)
    expect(await line.event(body(id, 1))).toMatchObject({
      event_id: text,
      state: 'NEW',
      version: 1,
    })
    expect(await line.event(body(text, 'NEW'))).toMatchObject({ event_id: text, version: 1 })
    expect(await line.event(body(id, 2))).toMatchObject({ state: 'FINISHED_WIN', version: 2 })
    expect(await line.event(body(id, 'FINISHED_WIN'))).toMatchObject({ version: 2 })
    const corrected = await line.event(body(id, 3, 'video review'))
    expect(corrected).toMatchObject({ event_id: text, state: 'FINISHED_LOSE', version: 3 })
    expect(await json(await send(line.app, 'GET', `/event/${text}`))).toEqual(corrected)
  }
})

test('ids that differ in case are different events', async () => {
  await line.event({ event_id: 'case', coefficient: '1.50', deadline: FAR_DEADLINE })
  const other = await line.put({ event_id: 'CASE', coefficient: '2.50', deadline: FAR_DEADLINE })
  expect(other.status).toBe(201)
})

for (const change of [
  { coefficient: '2.25' },
  { deadline: 7 },
  { suspended: true },
  { state: 'CANCELLED' },
])
  test(`an update of ${Object.keys(change)} changes that alone and adds one version`, async () => {
    const event = await newEvent({ reason: 'first' })
    const response = await line.put({ event_id: event.event_id, ...change })
    expect(response.status).toBe(200)
    const changed = await json<LineEvent>(response)
    expect(changed).toEqual({
      ...event,
      ...change,
      version: 2,
      reason: null,
      changed_at: changed.changed_at,
      ended_at: changed.ended_at,
    } as LineEvent)
    expect(changed.ended_at === null).toBe(changed.state === 'NEW')
    expect(Date.parse(changed.changed_at)).toBeGreaterThanOrEqual(Date.parse(event.changed_at))
    expect(await json(await send(line.app, 'GET', `/event/${event.event_id}`))).toEqual(changed)
  })

test('a change of everything at once adds one version', async () => {
  const { event_id } = await newEvent()
  const body = {
    event_id,
    coefficient: '3.00',
    deadline: 9,
    state: 'FINISHED_WIN',
    suspended: true,
    reason: 'end',
  }
  expect(await line.event(body)).toMatchObject({ ...body, version: 2 })
})

test('a write that changes nothing is 200, adds no version and sends nothing', async () => {
  const event = await newEvent({ reason: 'first' })
  const { event_id, coefficient, deadline, state, suspended } = event
  await send(line.app, 'GET', '/events/changes')
  const before = await line.contents()
  const wakeUps = line.wakeUps()
  for (const body of [
    { event_id, coefficient, deadline },
    { event_id, coefficient: 1.5, deadline, state, suspended },
    { event_id },
    { event_id, reason: 'first' },
    { event_id, state },
  ]) {
    const response = await line.put(body)
    expect(response.status).toBe(200)
    expect(await json<LineEvent>(response)).toEqual(event)
  }
  expect(await line.contents()).toBe(before)
  expect(line.wakeUps()).toBe(wakeUps)
})

test('a reason alone changes nothing, not even the reason', async () => {
  const event = await newEvent({ reason: 'first' })
  expect(await line.event({ event_id: event.event_id, reason: 'second' })).toEqual(event)
  const ended = await line.event({ event_id: event.event_id, state: 'CANCELLED', reason: 'rain' })
  expect(
    await line.event({ event_id: event.event_id, state: 'CANCELLED', reason: 'snow' }),
  ).toEqual(ended)
})

test('the reason is that of the latest effective change, or null', async () => {
  const { event_id } = await newEvent({ reason: 'first' })
  expect(await line.event({ event_id, coefficient: '1.60' })).toMatchObject({
    reason: null,
    version: 2,
  })
  expect(await line.event({ event_id, coefficient: '1.70', reason: 'injury' })).toMatchObject({
    reason: 'injury',
  })
})

test('each effective change wakes the relay once', async () => {
  const before = line.wakeUps()
  const { event_id } = await newEvent()
  await line.event({ event_id, suspended: true })
  await line.event({ event_id, suspended: true })
  await line.event({ event_id, suspended: false })
  expect(line.wakeUps()).toBe(before + 3)
})

test('fifty concurrent changes are fifty versions, fifty creations are one event', async () => {
  const event_id = newId()
  const body = (coefficient: number) => ({ event_id, coefficient, deadline: FAR_DEADLINE })
  const created = await Promise.all(Array.from({ length: 50 }, () => line.put(body(2))))
  expect(created.map(({ status }) => status).sort()).toEqual([...Array(49).fill(200), 201])
  const changed = await Promise.all(Array.from({ length: 50 }, (_, i) => line.event(body(3 + i))))
  expect(changed.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, i) => i + 2),
  )
})

test('of concurrent corrections and changes, the refused ones change nothing', async () => {
  const { event_id } = await newEvent()
  const bodies = [
    { state: 'FINISHED_WIN' },
    { state: 'CANCELLED' },
    { coefficient: '8.00' },
    { suspended: true },
  ]
  const answers = await Promise.all(bodies.map((body) => line.put({ event_id, ...body })))
  const accepted = answers.filter(({ status }) => status === 200).length
  for (const { status } of answers) expect(status).toBeOneOf([200, 409])
  expect(await json<LineEvent>(await send(line.app, 'GET', `/event/${event_id}`))).toMatchObject({
    version: 1 + accepted,
  })
})

test('after a restore a new event starts above the raised base', async () => {
  await line.sql`update feed set version_base = 1000000`
  expect((await newEvent()).version).toBe(1_000_001)
  await line.sql`update feed set version_base = 0`
})

test('an event that does not exist is 404 EVENT_NOT_FOUND', async () => {
  await expectProblem(await send(line.app, 'GET', '/event/nobody-4711'), 404, 'EVENT_NOT_FOUND', {
    secret: 'nobody-4711',
  })
})
