import { afterEach, expect, test } from 'bun:test'
import { testBodies } from '../../dev/testing/body-suite.ts'
import { expectInvalid, expectProblem, send } from '../../dev/testing/http.ts'
import { BAD_NUMERIC_IDS, FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { useLineApp } from './line-app.ts'

const SECRET = 'tell-nobody-4711'
const FITTING = { event_id: 'b-1', coefficient: '1.50', deadline: FAR_DEADLINE }

const line = await useLineApp()
await line.event({ event_id: 'ended', coefficient: '2.00', deadline: FAR_DEADLINE })
await line.event({ event_id: 'ended', state: 'FINISHED_WIN' })
const before = await line.contents()

afterEach(async () => expect(await line.contents()).toBe(before))

/** Expects a refusal by the schema at exactly these paths. */
const refused = async (body: unknown, ...paths: string[]) =>
  expectInvalid(await line.put(body as object), paths, SECRET)

testBodies({ deps: () => line, method: 'PUT', path: '/event', fitting: FITTING })

test('B02 PUT /event: a missing event_id is 422', () =>
  refused({ coefficient: '1.50' }, '/body/event_id'))

test('B02 PUT /event: an unknown field is 422 and named', async () => {
  await refused({ ...FITTING, odds: SECRET }, '/body/odds')
  await refused({ ...FITTING, version: 7 }, '/body/version')
  await refused({ ...FITTING, 'a/b~c': 1 }, '/body/a~1b~0c')
})

test('B02 PUT /event: every wrong field is named at once', () =>
  refused(
    { event_id: `${SECRET} `, coefficient: SECRET, deadline: SECRET, more: SECRET },
    '/body/coefficient',
    '/body/deadline',
    '/body/event_id',
    '/body/more',
  ))

const FIELDS = 'event_id coefficient deadline state suspended reason ended_at'.split(' ')
for (const field of FIELDS)
  for (const wrong of [null, [], { [SECRET]: 1 }])
    test(`B02 PUT /event: ${field} as ${JSON.stringify(wrong).slice(0, 4)} is 422`, () =>
      refused({ ...FITTING, [field]: wrong }, `/body/${field}`))

const WRONG_TYPES: [field: string, value: unknown][] = [
  ['coefficient', true],
  ['deadline', String(FAR_DEADLINE)],
  ['state', 0],
  ['suspended', 'true'],
  ['suspended', 1],
  ['reason', 12],
  ['ended_at', 1_700_000_000],
]
for (const [field, value] of WRONG_TYPES)
  test(`B02 PUT /event: ${field} as ${JSON.stringify(value)} is 422`, () =>
    refused({ ...FITTING, [field]: value }, `/body/${field}`))

const COEFFICIENTS: unknown[] = [
  ...'0.99 0 -1.50 100000 100000.00 99999.991 1.505 1e2 0x10 1,50'.split(' '),
  ...'01.50 1. .5 +1.5 NaN Infinity １.50'.split(' '),
  ...[' 5 ', '', '1.5\n', `1.50${SECRET}`],
  ...[0.99, 0, -1.5, 100_000, 1.505, 1e21, 1.0000000001],
]
for (const coefficient of COEFFICIENTS)
  test(`B04 PUT /event: coefficient ${JSON.stringify(coefficient)} is 422`, () =>
    refused({ ...FITTING, coefficient }, '/body/coefficient'))

test('B04 PUT /event: a coefficient that is not JSON is 400, one too large 422', async () => {
  for (const text of ['NaN', 'Infinity', '01.5', '0x10', '.5', '+1']) {
    const response = await send(
      line.app,
      'PUT',
      '/event',
      `{"event_id":"b-1","coefficient":${text}}`,
    )
    await expectProblem(response, 400, 'MALFORMED_BODY')
  }
  await refused('{"event_id":"b-1","coefficient":1e999,"deadline":1}', '/body/coefficient')
})

for (const deadline of [1.5, -1, 253_402_300_800, 1e21, 2 ** 53, FAR_DEADLINE * 1000])
  test(`B04 PUT /event: deadline ${deadline} is 422`, () =>
    refused({ ...FITTING, deadline }, '/body/deadline'))

test('B05 PUT /event: a new event without coefficient or deadline is 422', async () => {
  await refused({ event_id: 'b-1', deadline: FAR_DEADLINE }, '/body/coefficient')
  await refused({ event_id: 'b-1', coefficient: '1.50' }, '/body/deadline')
  await refused({ event_id: 'b-1' }, '/body/coefficient', '/body/deadline')
  await refused(
    { event_id: 'b-1', suspended: true, reason: 'rain' },
    '/body/coefficient',
    '/body/deadline',
  )
  // Invalid values come before invalid transitions: a new event cannot be finished either.
  await refused({ event_id: 'b-1', state: 'FINISHED_WIN' }, '/body/coefficient', '/body/deadline')
})

for (const state of ['', 'new', 'OPEN', 'FINISHED', 'NEW ', `NEW${SECRET}`, 'PENDING'])
  test(`B05 PUT /event: state "${state}" is 422`, () =>
    refused({ ...FITTING, state }, '/body/state'))

const EVENT_IDS = [
  ...'a/b / . .. -a _a :a ä a%20b'.split(' '),
  ...['', ' ', 'a b', 'a\0', '\0', 'a\n', 'a\\b', "a'b"],
  ...['a'.repeat(65), `${SECRET}!`, 'Ａ', 'a\u200b'],
]
for (const event_id of EVENT_IDS)
  test(`B05 PUT /event: event id ${JSON.stringify(event_id).slice(0, 20)} is 422`, () =>
    refused({ ...FITTING, event_id }, '/body/event_id'))
for (const number of BAD_NUMERIC_IDS)
  test(`B25 PUT /event: event id ${number}, which is no whole number from 0, is 422`, () =>
    refused(`{"event_id":${number},"coefficient":"1.50","deadline":1}`, '/body/event_id'))

for (const state of ['0', '4', '-1', '1.5', '-0', 'true', '"1"', '[1]', '1e21'])
  test(`B25 PUT /event: state ${state}, which no number stands for, is 422`, () =>
    refused(`{"event_id":"ended","state":${state},"reason":"x"}`, '/body/state'))
