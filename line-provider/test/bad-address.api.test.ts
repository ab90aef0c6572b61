import { afterEach, expect, test } from 'bun:test'
import { testAddresses } from '../../dev/testing/address-suite.ts'
import { expectInvalid, expectProblem, send, serveDuringTests } from '../../dev/testing/http.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { sendRaw } from '../../dev/testing/raw-http.ts'
import { useLineApp } from './line-app.ts'

const SECRET = 'tell-nobody-4711'

const line = await useLineApp()
await line.event({ event_id: 'm-1', coefficient: '2.00', deadline: FAR_DEADLINE })
await send(line.app, 'GET', '/events/changes')
const url = serveDuringTests(() => line.app)
const before = await line.contents()
afterEach(async () => expect(await line.contents()).toBe(before))

testAddresses({
  deps: () => line,
  reads: ['/events', '/events/changes', '/event/m-1', '/health/live', '/health/ready'],
  lists: ['/events', '/events/changes'],
  allowed: {
    '/event': 'PUT',
    '/event/m-1': 'HEAD, GET',
    '/events': 'HEAD, GET',
    '/events/changes': 'HEAD, GET',
    '/health/live': 'HEAD, GET',
    '/health/ready': 'HEAD, GET',
    '/docs': 'HEAD, GET',
    '/docs/json': 'HEAD, GET',
    '/openapi.json': 'HEAD, GET',
  },
  unknown: [
    ...'/Event /event/ /events/ /event/m-1/ /events/changes/ /events/more //events'.split(' '),
    ...'/event/m-1/more /bet /bets /event//'.split(' '),
  ],
})

test('B24 PUT /event of a page whose name was made to resolve here is refused', async () => {
  const body = JSON.stringify({ event_id: 'x-1', coefficient: '1.50', deadline: FAR_DEADLINE })
  const [answer] = await sendRaw(
    url(),
    'PUT /event HTTP/1.1\r\nHost: rebind.evil.example\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
  expect(answer?.status).toBe(421)
})

test('B09 PUT /event: a query parameter is 422', async () => {
  const body = { event_id: 'b-1', coefficient: '1.50', deadline: FAR_DEADLINE }
  const response = await send(line.app, 'PUT', `/event?dry_run=${SECRET}`, body)
  await expectInvalid(response, ['/query/dry_run'], SECRET)
})

const FEED = '00000000-0000-4000-8000-000000000000'
const UNREADABLE: Record<string, string[]> = {
  '/events?cursor': [
    ...'1 1. .m-1 -1.m-1 01.m-1 1.a%20b 1.%00 9999999999999.m-1 %00 %ff'.split(' '),
    ...[SECRET, `1.${'a'.repeat(65)}`, 'a'.repeat(200), 'a'.repeat(5000)],
  ],
  '/events/changes?after': [
    ...['', '.', '.-1', '.01', '.1e3', '.x', '.99999999999999999999', '.1%00'].map(
      (position) => FEED + position,
    ),
    ...[SECRET, '0', '-1', `%20${FEED}.1`, 'a'.repeat(200), 'a'.repeat(5000)],
  ],
}
for (const [address, cursors] of Object.entries(UNREADABLE))
  for (const cursor of cursors)
    test(`B09 GET ${address}=${cursor.slice(0, 50)}: an unreadable cursor is 422`, async () =>
      expectInvalid(
        await send(line.app, 'GET', `${address}=${cursor}`),
        [`/query/${address.split('?')[1]}`],
        cursor.length > 5 ? cursor : SECRET,
      ))

test('B09 GET /events/changes: a cursor of another feed is 410', async () => {
  for (const seq of ['0', '1', '9007199254740993', '9999999999999999']) {
    const response = await send(line.app, 'GET', `/events/changes?after=${FEED}.${seq}`)
    await expectProblem(response, 410, 'CURSOR_EXPIRED', { secret: FEED })
  }
})

const BAD_IDS = ['a'.repeat(65), ..."%00 a%20b a%2Fb -a %C3%A4 %ff a% %zz a'b <b> a;b".split(' ')]
for (const id of BAD_IDS)
  test(`B05 GET /event/${id.slice(0, 12)}: a malformed event id is 422`, async () =>
    expectInvalid(await send(line.app, 'GET', `/event/${id}`), ['/path/event_id']))
