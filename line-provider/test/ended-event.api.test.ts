import { expect, test } from 'bun:test'
import type { EventState } from '@bets/domain/event'
import type { LineEvent } from '@bets/domain/line-event'
import { expectInvalid, expectProblem } from '../../dev/testing/http.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { useLineApp } from './line-app.ts'

const ENDED = ['FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED'] as const
const REASON = 'the referee looked again 4711'

let number = 0

const line = await useLineApp()

/** The id of a new event in the given state. */
async function eventIn(state: EventState, fields: object = {}): Promise<LineEvent> {
  const event_id = `e-${++number}`
  const event = await line.event({
    event_id,
    coefficient: '2.00',
    deadline: FAR_DEADLINE,
    ...fields,
  })
  return state === 'NEW' ? event : line.event({ event_id, state })
}

/** Expects a refusal with this code, and an unchanged event. */
async function refused(was: LineEvent, change: object, code: 'ILLEGAL_TRANSITION' | 'EVENT_ENDED') {
  const before = await line.contents()
  const wakeUps = line.wakeUps()
  const response = await line.put({ event_id: was.event_id, ...change })
  await expectProblem(response, 409, code, { secret: REASON })
  expect(await line.contents()).toBe(before)
  expect(line.wakeUps()).toBe(wakeUps)
}

for (const state of ENDED)
  test(`B12 a new event as ${state} is 409 ILLEGAL_TRANSITION, with a reason too`, async () => {
    for (const reason of [{}, { reason: REASON }]) {
      const before = await line.contents()
      const body = {
        event_id: 'never',
        coefficient: '2.00',
        deadline: FAR_DEADLINE,
        state,
        ...reason,
      }
      await expectProblem(await line.put(body), 409, 'ILLEGAL_TRANSITION')
      expect(await line.contents()).toBe(before)
    }
  })

for (const state of ENDED) {
  const others = (['NEW', ...ENDED] as const).filter((other) => other !== state)

  test(`B12 a correction of ${state} without a reason is 409 ILLEGAL_TRANSITION`, async () => {
    const event = await eventIn(state)
    for (const other of others) await refused(event, { state: other }, 'ILLEGAL_TRANSITION')
  })

  for (const fields of [
    { coefficient: '2.01' },
    { deadline: FAR_DEADLINE + 1 },
    { suspended: true },
  ])
    test(`B12 ${Object.keys(fields)} of ${state} is EVENT_ENDED, even with a reason`, async () => {
      const event = await eventIn(state)
      await refused(event, fields, 'EVENT_ENDED')
      await refused(event, { ...fields, reason: REASON }, 'EVENT_ENDED')
      await refused(event, { ...fields, state }, 'EVENT_ENDED')
    })

  for (const other of others)
    test(`a correction from ${state} to ${other} is a version with its reason`, async () => {
      const event = await eventIn(state)
      const { event_id, coefficient, deadline, suspended } = event
      const same = { event_id, coefficient, deadline, suspended }
      expect(await line.event({ ...same, state, reason: REASON })).toEqual(event)
      expect(await line.event({ ...same, state: other, reason: REASON })).toEqual({
        ...event,
        state: other,
        version: event.version + 1,
        reason: REASON,
        changed_at: expect.any(String),
        ended_at: other === 'NEW' ? null : (event.ended_at as string),
      })
    })
}

const EARLIER = '2026-01-31T12:00:00.000Z'
const MUCH_EARLIER = '0001-01-01T00:00:00.000Z'

test('the change that ends an event ends it now, or when it says', async () => {
  const now = await eventIn('FINISHED_WIN')
  expect(Math.abs(Date.parse(`${now.ended_at}`) - Date.parse(now.changed_at))).toBeLessThan(10)
  const texts: [given: string, shown: string][] = [
    [EARLIER, EARLIER],
    ['2026-01-31T12:00:00Z', EARLIER],
    ['2026-01-31t13:30:00.5+01:30', '2026-01-31T12:00:00.500Z'],
    ['2026-01-30T23:00:00.000001-13:00', '2026-01-31T12:00:00.000001Z'],
    [MUCH_EARLIER, MUCH_EARLIER],
    ['2024-02-29T23:59:59.123450z', '2024-02-29T23:59:59.123450Z'],
  ]
  for (const [ended_at, shown] of texts) {
    const { event_id } = await eventIn('NEW')
    const ended = await line.event({ event_id, state: 'CANCELLED', ended_at })
    expect(ended).toMatchObject({ state: 'CANCELLED', ended_at: shown, version: 2 })
    expect(await line.event({ event_id, state: 'CANCELLED', ended_at })).toEqual(ended)
  }
})

test('a correction keeps the end, moves it, or takes it back', async () => {
  const { event_id, ended_at } = await eventIn('FINISHED_WIN')
  const correct = (change: object) => line.event({ event_id, reason: REASON, ...change })
  expect(await correct({ state: 'FINISHED_LOSE' })).toMatchObject({ ended_at, version: 3 })
  expect(await correct({ ended_at: EARLIER })).toMatchObject({
    ...{ state: 'FINISHED_LOSE', ended_at: EARLIER, version: 4, reason: REASON },
  })
  expect(await correct({ ended_at: EARLIER })).toMatchObject({ version: 4 })
  expect(await correct({ state: 'CANCELLED', ended_at: MUCH_EARLIER })).toMatchObject({
    ...{ ended_at: MUCH_EARLIER, version: 5 },
  })
  expect(await correct({ state: 'NEW' })).toMatchObject({ ended_at: null, version: 6 })
  const again = await line.event({ event_id, state: 'FINISHED_WIN' })
  expect(Date.parse(`${again.ended_at}`)).toBeGreaterThanOrEqual(Date.parse(`${ended_at}`))
})

test('B12 another end of an ended event is 409 ILLEGAL_TRANSITION without a reason', async () => {
  const event = await eventIn('FINISHED_WIN')
  await refused(event, { ended_at: EARLIER }, 'ILLEGAL_TRANSITION')
  await refused(event, { state: 'FINISHED_WIN', ended_at: EARLIER }, 'ILLEGAL_TRANSITION')
  await refused(event, { ended_at: EARLIER, suspended: true, reason: REASON }, 'EVENT_ENDED')
})

test('B12 ended_at of an event that does not end by it, or in the future, is 422', async () => {
  const [open, ended] = [await eventIn('NEW'), await eventIn('FINISHED_WIN')]
  const ahead = new Date(Date.now() + 60_000).toISOString()
  const before = await line.contents()
  for (const body of [
    { event_id: 'new', coefficient: '2.00', deadline: FAR_DEADLINE, ended_at: EARLIER },
    { event_id: open.event_id, ended_at: EARLIER },
    { event_id: open.event_id, state: 'NEW', ended_at: EARLIER },
    { event_id: open.event_id, coefficient: '3.00', deadline: 9, ended_at: EARLIER },
    { event_id: ended.event_id, state: 'NEW', ended_at: EARLIER, reason: REASON },
    { event_id: open.event_id, state: 'FINISHED_WIN', ended_at: ahead },
    { event_id: ended.event_id, ended_at: ahead, reason: REASON },
    { event_id: ended.event_id, ended_at: ahead },
  ])
    await expectInvalid(await line.put(body), ['/body/ended_at'])
  expect(await line.contents()).toBe(before)
})

test('an event corrected to NEW accepts changes, and may end without a reason', async () => {
  const event = await eventIn('CANCELLED')
  await line.event({ event_id: event.event_id, state: 'NEW', reason: REASON })
  const changed = await line.event({
    event_id: event.event_id,
    coefficient: '9.00',
    suspended: true,
  })
  expect(changed).toMatchObject({ coefficient: '9.00', suspended: true, version: 4, reason: null })
  const ended = await line.event({ event_id: event.event_id, state: 'FINISHED_LOSE' })
  expect(ended).toMatchObject({ state: 'FINISHED_LOSE', version: 5, reason: null })
})

test('the change that ends an event may also set coefficient, deadline and suspended', async () => {
  const { event_id } = await eventIn('NEW')
  const ended = await line.event({
    event_id,
    state: 'FINISHED_WIN',
    coefficient: '7.00',
    deadline: 1,
    suspended: true,
  })
  expect(ended).toMatchObject({ coefficient: '7.00', deadline: 1, suspended: true, version: 2 })
})

test('B12 an invalid request is 422 even if it also does not fit the event', async () => {
  const { event_id } = await eventIn('FINISHED_WIN')
  const before = await line.contents()
  const wrong: [body: object, path: string][] = [
    [{ event_id, state: 'CANCELLED', reason: '' }, '/body/reason'],
    [{ event_id, state: 'CANCELLED', reason: ' \t ' }, '/body/reason'],
    [{ event_id, coefficient: '0.5' }, '/body/coefficient'],
    [{ event_id, coefficient: 1.505, state: 'NEW' }, '/body/coefficient'],
    [{ event_id, state: 'LOST', deadline: 5 }, '/body/state'],
  ]
  for (const [body, path] of wrong) await expectInvalid(await line.put(body), [path])
  expect(await line.contents()).toBe(before)
})
