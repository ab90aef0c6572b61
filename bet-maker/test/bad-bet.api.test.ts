import { afterEach, expect, test } from 'bun:test'
import { testBodies } from '../../dev/testing/body-suite.ts'
import {
  expectInvalid,
  expectProblem,
  json,
  send,
  serveDuringTests,
} from '../../dev/testing/http.ts'
import { BAD_NUMERIC_IDS, lineEvent } from '../../dev/testing/line-event.ts'
import { head, sendRaw, toResponse } from '../../dev/testing/raw-http.ts'
import { useBetApp } from './bet-app.ts'

const SECRET = 'tell-nobody-4711'
const FITTING = { event_id: 'm-1', bet_sum: '12.50' }

const bets = await useBetApp()
await bets.synced(0)
await bets.apply(lineEvent('m-1'))
const before = await bets.contents()
afterEach(async () => expect(await bets.contents()).toBe(before))
const url = serveDuringTests(() => bets.app)

/** Expects a refusal by the schema at exactly these paths. */
const refused = async (body: unknown, ...paths: string[]) =>
  expectInvalid(await bets.post(body), paths, SECRET)

testBodies({ deps: () => bets, method: 'POST', path: '/bet', fitting: FITTING })

test('B02 POST /bet: missing fields are 422, all at once', async () => {
  await refused({ bet_sum: '1.00' }, '/body/event_id')
  await refused({ event_id: 'm-1' }, '/body/bet_sum')
  await refused({}, '/body/bet_sum', '/body/event_id')
})

test('B02 POST /bet: an unknown field is 422 and named', async () => {
  for (const field of ['sum', 'client', 'idempotency_key', 'state', 'a/b'])
    await refused({ ...FITTING, [field]: SECRET }, `/body/${field.replace('/', '~1')}`)
})

for (const field of ['event_id', 'bet_sum', 'coefficient', 'accept_odds'])
  for (const wrong of [null, [], { [SECRET]: 1 }, true])
    test(`B02 POST /bet: ${field} as ${JSON.stringify(wrong).slice(0, 4)} is 422`, () =>
      refused({ ...FITTING, [field]: wrong }, `/body/${field}`))

const SUMS: unknown[] = [
  ...[0, -0, -1, -0.01, 0.001, 0.005, 1.005, 0.1 + 0.2, 100_000_000, 99_999_999.991, 1e21, 1e-7],
  ...[true, false, '', ' ', ' 5 ', ' 5', '5 ', '5\n', '\0', `5${SECRET}`],
  ...'0 0.00 -0 -1 -12.50 100000000 100000000.00 99999999.991 1.005 12.500 1e2 1E2'.split(' '),
  ...'0x10 0b1 1,00 1,000.00 1_000 01.00 00.50 +5 5. .5'.split(' '),
  ...'NaN Infinity -Infinity ５ 5٫00 $5'.split(' '),
]
for (const sum of SUMS)
  test(`B03 POST /bet: sum ${Object.is(sum, -0) ? '-0' : JSON.stringify(sum)} is 422`, async () => {
    // A number that JSON.stringify would change is sent as it is written.
    const text = Object.is(sum, -0) ? '-0' : JSON.stringify(sum)
    await refused(`{"event_id":"m-1","bet_sum":${text}}`, '/body/bet_sum')
  })

test('B03 POST /bet: 1e999 and a long fraction are checked by value', async () => {
  const sums = '1e999 -1e999 1e-999 0.000 0e5 1.0000001 123456789012345678901234567890'
  for (const text of sums.split(' '))
    await refused(`{"event_id":"m-1","bet_sum":${text}}`, '/body/bet_sum')
})

const COEFFICIENTS: unknown[] = [
  ...[0.99, 0, -1.5, 100_000, 1.505, 1e21, true],
  ...'0.99 0 -1.50 100000 99999.991 1.505 1e2 01.50 1,5'.split(' '),
  ...['', ' 1.5', `1${SECRET}`],
]
for (const coefficient of COEFFICIENTS)
  test(`B04 POST /bet: coefficient ${JSON.stringify(coefficient)} is 422`, () =>
    refused({ ...FITTING, coefficient }, '/body/coefficient'))

for (const accept_odds of ['', 'EXACT', 'lower', 'any ', 0, SECRET])
  test(`B02 POST /bet: accept_odds ${JSON.stringify(accept_odds)} is 422`, () =>
    refused({ ...FITTING, coefficient: '1.50', accept_odds }, '/body/accept_odds'))

test('POST /bet: accept_odds exact or higher without the coefficient seen is 422', async () => {
  await refused({ ...FITTING, accept_odds: 'exact' }, '/body/coefficient')
  await refused({ ...FITTING, accept_odds: 'higher' }, '/body/coefficient')
})

const EVENT_IDS = [
  ...'a/b . -a ä <m-1>'.split(' '),
  ...['', ' ', 'a b', 'a\0', 'a\n', "m-1'", 'a'.repeat(65), `${SECRET}!`],
]
for (const event_id of EVENT_IDS)
  test(`B05 POST /bet: event id ${JSON.stringify(event_id).slice(0, 16)} is 422`, () =>
    refused({ ...FITTING, event_id }, '/body/event_id'))

for (const number of BAD_NUMERIC_IDS)
  test(`B25 POST /bet: event id ${number}, which is no whole number from 0, is 422`, () =>
    refused(`{"event_id":${number},"bet_sum":"12.50"}`, '/body/event_id'))

const HOSTILE = [
  "'; drop table bets; --",
  '<script>alert(1)</script>',
  '"); select 1; --',
  '../..',
  '{"$gt":""}',
]
for (const text of HOSTILE)
  test(`B15 POST /bet: ${text.slice(0, 16)} in any string field is 422, not echoed`, async () => {
    for (const field of ['event_id', 'bet_sum', 'coefficient', 'accept_odds'])
      await expectInvalid(await bets.post({ ...FITTING, [field]: text }), [`/body/${field}`], text)
  })

test('B15 POST /bet: 60 KiB in any field is 422, and 64 KiB are 413', async () => {
  for (const field of ['event_id', 'bet_sum', 'coefficient', 'accept_odds']) {
    await expectInvalid(
      await bets.post({ ...FITTING, [field]: 'a'.repeat(60 * 1024) }),
      [`/body/${field}`],
      'aaaa',
    )
    const large = await bets.post({ ...FITTING, [field]: 'a'.repeat(64 * 1024) })
    await expectProblem(large, 413, 'BODY_TOO_LARGE')
  }
})

const KEYS: [name: string, key: string][] = [
  ['of 256 characters', 'k'.repeat(256)],
  ['of 8 KiB', 'k'.repeat(8 * 1024)],
  ['with a space', `${SECRET} b`],
  ['with a tab', `${SECRET}\tb`],
  ['with DEL', `${SECRET}\x7f`],
  ['with UTF-8', `${SECRET}ä`],
  ['with Latin-1', '\xe9'],
  ['that is one non-breaking space', '\xa0'],
]
for (const [name, key] of KEYS)
  test(`B13 an Idempotency-Key ${name} is 422`, async () => {
    const body = JSON.stringify(FITTING)
    const headers = [
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      `Idempotency-Key: ${key}`,
    ]
    const request = head('POST', '/bet', ...headers, 'Connection: close') + body
    for (const bytes of [Buffer.from(request, 'latin1'), Buffer.from(request, 'utf8')]) {
      const [answer] = await sendRaw(url(), bytes)
      expect(answer).toBeDefined()
      if (answer) await expectInvalid(toResponse(answer), ['/headers/idempotency-key'], SECRET)
    }
  })

test('B13 an empty, a blank and a repeated Idempotency-Key are 422', async () => {
  const body = JSON.stringify(FITTING)
  for (const keys of [
    ['Idempotency-Key:'],
    ['Idempotency-Key:  \t '],
    ['Idempotency-Key: a', 'Idempotency-Key: b'],
  ]) {
    const headers = ['Content-Type: application/json', `Content-Length: ${body.length}`, ...keys]
    const [answer] = await sendRaw(
      url(),
      head('POST', '/bet', ...headers, 'Connection: close') + body,
    )
    expect(answer).toBeDefined()
    if (answer) await expectInvalid(toResponse(answer), ['/headers/idempotency-key'])
  }
})

test('B13 other control characters in a header are 400 from the HTTP parser', async () => {
  for (const control of ['\0', '\x01', '\x1f']) {
    const request = head('POST', '/bet', `Idempotency-Key: a${control}b`, 'Connection: close')
    expect((await sendRaw(url(), request)).map(({ status }) => status)).toEqual([400])
  }
})

test('B13 a malformed key is 422 with an invalid body, 400 with malformed JSON', async () => {
  const key = { 'idempotency-key': 'a b' }
  const response = await bets.post({ event_id: 'm-1' }, key)
  expect(response.status).toBe(422)
  expect((await json<{ code: string }>(response)).code).toBe('VALIDATION_FAILED')
  await expectProblem(await send(bets.app, 'POST', '/bet', '{', key), 400, 'MALFORMED_BODY')
})
