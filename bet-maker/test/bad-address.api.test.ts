import { afterEach, expect, test } from 'bun:test'
import { testAddresses } from '../../dev/testing/address-suite.ts'
import {
  expectInvalid,
  expectProblem,
  getPage,
  send,
  serveDuringTests,
} from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { useLineApp } from '../../line-provider/test/line-app.ts'
import { useBetApp } from './bet-app.ts'

const SECRET = 'tell-nobody-4711'

const lineUrl = serveDuringTests(() => line.app)

const line = await useLineApp()
const bets = await useBetApp(lineUrl())
await bets.synced(0)
await bets.apply(lineEvent('m-1'))
await bets.bet({ event_id: 'm-1', bet_sum: '12.50' })
const before = await bets.contents()
afterEach(async () => expect(await bets.contents()).toBe(before))

testAddresses({
  deps: () => bets,
  reads: '/bets /events /bets/1 /board.json /health/live /health/ready'.split(' '),
  lists: ['/bets', '/events'],
  allowed: {
    '/': 'HEAD, GET',
    '/board.json': 'HEAD, GET',
    '/board/board.css': 'HEAD, GET',
    '/bet': 'POST',
    '/bets': 'HEAD, GET',
    '/bets/1': 'HEAD, GET',
    '/events': 'HEAD, GET',
    '/health/live': 'HEAD, GET',
    '/health/ready': 'HEAD, GET',
    '/docs': 'HEAD, GET',
    '/docs/json': 'HEAD, GET',
  },
  unknown: [
    ...'/metrics /Bet /bet/ /bet/1 /bets/ /bets/1/ /bets/1/history /events/ /events/m-1'.split(' '),
    ...'/events/changes /event /event/m-1 //bets /bets// /board /board/ /board/board.html'.split(
      ' ',
    ),
  ],
})

test('B09 POST /bet: a query parameter is 422', async () => {
  const response = await send(bets.app, 'POST', `/bet?dry_run=${SECRET}`, {
    event_id: 'm-1',
    bet_sum: '1.00',
  })
  await expectInvalid(response, ['/query/dry_run'], SECRET)
})

for (const state of ['pending', 'PENDING ', 'NEW', 'WON', '0', 'PENDING,WIN', SECRET])
  test(`B09 GET /bets: state ${state} is 422`, async () =>
    expectInvalid(
      await send(bets.app, 'GET', `/bets?state=${encodeURIComponent(state)}`),
      ['/query/state'],
      SECRET,
    ))

for (const id of ['a b', 'a/b', '\0', '-a', 'a'.repeat(65), 'ä', "' or 1=1 --", `${SECRET}!`])
  test(`B09 GET /bets: event_id ${JSON.stringify(id).slice(0, 16)} is 422`, async () =>
    expectInvalid(
      await send(bets.app, 'GET', `/bets?event_id=${encodeURIComponent(id)}`),
      ['/query/event_id'],
      id,
    ))

test('B09 GET /bets: empty or repeated filters are 422, and all wrong ones are named', async () => {
  const wrong = 'state= state=WIN&state=WIN event_id= event_id=a&event_id=b cursor= cursor'
  for (const query of wrong.split(' '))
    await expectInvalid(await send(bets.app, 'GET', `/bets?${query}`), [
      `/query/${query.split(/[=&]/)[0]}`,
    ])
  await expectInvalid(await send(bets.app, 'GET', '/bets?state=X&event_id=%20&limit=0&more=1'), [
    ...['/query/state', '/query/event_id', '/query/limit', '/query/more'],
  ])
})

const BAD_CURSORS: Record<string, string[]> = {
  '/bets': [
    ...'0 -1 01 1.5 1e3 abc %201 9223372036854775808'.split(' '),
    '1'.repeat(20),
    'a'.repeat(5000),
  ],
  '/accounts': ['%00', '.a', 'a%20b', '%F0%9F%98%80', 'a'.repeat(65), 'a'.repeat(5000)],
  '/events': [
    ...'0 1 1. .m-1 -1.m-1 01.m-1 1.a%20b 1.%00'.split(' '),
    `1.${'a'.repeat(65)}`,
    'a'.repeat(5000),
  ],
}
for (const [path, cursors] of Object.entries(BAD_CURSORS))
  for (const cursor of cursors)
    test(`B09 GET ${path}: the unreadable cursor ${cursor.slice(0, 24)} is 422`, async () =>
      expectInvalid(
        await send(bets.app, 'GET', `${path}?cursor=${cursor}`),
        ['/query/cursor'],
        cursor.length > 4 ? cursor : SECRET,
      ))

const BAD_IDS = [
  ...'0 -1 +1 01 1.0 1.5 1e3 0x1 abc %00 %201 1%20 ١ NaN null'.split(' '),
  ..."9223372036854775808 9999999999999999999 1'-- 1% %zz 1;".split(' '),
  ...['1'.repeat(20), '1'.repeat(5000)],
]
for (const id of BAD_IDS)
  test(`B10 GET /bets/${id.slice(0, 20)}: not a positive integer up to 2^63-1 is 422`, async () =>
    expectInvalid(
      await send(bets.app, 'GET', `/bets/${id}`),
      ['/path/id'],
      id.length > 4 ? id : SECRET,
    ))

for (const id of ['2', '999', '9007199254740993', '9223372036854775807'])
  test(`B10 GET /bets/${id}: an unknown id is 404`, async () =>
    expectProblem(await send(bets.app, 'GET', `/bets/${id}`), 404, 'BET_NOT_FOUND', {
      secret: id.padEnd(4),
    }))

test('B10 GET /bets/1, percent-encoded too, is the bet', async () => {
  for (const id of ['1', '%31'])
    expect((await send(bets.app, 'GET', `/bets/${id}`)).status).toBe(200)
})

test('an unknown event_id as a filter gives an empty list', async () => {
  for (const query of ['event_id=unknown', 'event_id=unknown&state=WIN'])
    expect(await getPage(bets.app, `/bets?${query}`)).toEqual({ items: [], next: undefined })
})
