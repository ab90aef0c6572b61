import { beforeEach, expect, test } from 'bun:test'
import type { App } from '../../dev/testing/app.ts'
import { expectProblem, json, serveDuringTests } from '../../dev/testing/http.ts'
import { FAR_DEADLINE, lineEvent } from '../../dev/testing/line-event.ts'
import { useLineApp } from '../../line-provider/test/line-app.ts'
import { createBetApp, useBetApp } from './bet-app.ts'

/** The paths that bet-maker requested, in order. */
let asked: string[] = []
/** Answers instead of line-provider. */
let answer: App['fetch']

const lineUrl = serveDuringTests(() => ({
  handle: async (request) => answer(request),
  fetch(request) {
    asked.push(new URL(request.url).pathname)
    return answer(request)
  },
}))

const line = await useLineApp()
const bets = await useBetApp(lineUrl())
beforeEach(async () => {
  asked = []
  answer = (request) => line.app.fetch(request)
  await bets.synced(0)
})

const bet = (event_id: string, more: object = {}) =>
  bets.post({ event_id, bet_sum: '1.00', ...more })

async function nothingWritten(
  response: () => Promise<Response>,
  ...expected: [number, 'LINE_UNAVAILABLE' | 'EVENT_NOT_FOUND']
) {
  const before = await bets.contents()
  await expectProblem(await response(), ...expected)
  expect(await bets.contents()).toBe(before)
}

for (const event_id of ['fresh', 'a:b.c_d-e', 'Z'.repeat(64)])
  test(`the new event ${event_id.slice(0, 9)} is requested, stored and open at once`, async () => {
    await line.event({ event_id, coefficient: '2.20', deadline: FAR_DEADLINE })
    await line.event({ event_id, coefficient: '2.30' })
    const response = await bet(event_id)
    expect(response.status).toBe(201)
    expect(await json(response)).toMatchObject({ event_id, coefficient: '2.30', event_version: 2 })
    expect(asked).toEqual([`/event/${encodeURIComponent(event_id)}`])
    expect((await bet(event_id)).status).toBe(201)
    expect(asked).toHaveLength(1)
  })

test('an unknown event is 404 and requested each time until it exists', async () => {
  await nothingWritten(() => bet('not-yet'), 404, 'EVENT_NOT_FOUND')
  await nothingWritten(() => bet('not-yet'), 404, 'EVENT_NOT_FOUND')
  expect(asked).toHaveLength(2)
  await line.event({ event_id: 'not-yet', coefficient: '2.00', deadline: FAR_DEADLINE })
  expect((await bet('not-yet')).status).toBe(201)
})

test('an unknown event with betting closed or another coefficient refuses the bet', async () => {
  await line.event({ event_id: 'closed', coefficient: '2.00', deadline: 0 })
  const reason = { extras: { reason: 'deadline_passed' } }
  await expectProblem(await bet('closed'), 409, 'EVENT_NOT_OPEN', reason)
  await line.event({ event_id: 'dear', coefficient: '2.00', deadline: FAR_DEADLINE })
  const now = { extras: { coefficient: '2.00', event_version: 1 } }
  await expectProblem(await bet('dear', { coefficient: '3.00' }), 409, 'ODDS_CHANGED', now)
  await line.event({ event_id: 'over', coefficient: '2.00', deadline: FAR_DEADLINE })
  await line.event({ event_id: 'over', state: 'CANCELLED' })
  await expectProblem(await bet('over'), 409, 'EVENT_NOT_OPEN', { extras: { reason: 'ended' } })
  asked = []
  for (const id of ['closed', 'dear', 'over']) await bet(id, { coefficient: '3.00' })
  expect(asked).toEqual([])
})

test('at most 16 unknown events are requested at once; another waits for its turn', async () => {
  const gate = Promise.withResolvers<void>()
  answer = async (request) => {
    await gate.promise
    return line.app.fetch(request)
  }
  const waiting = Array.from({ length: 17 }, (_, i) => bet(`made-up-${i}`))
  while (asked.length < 16) await Bun.sleep(5)
  // One that is already being requested is not requested again. It must miss the copy first.
  waiting.push(bet('made-up-3'))
  await Bun.sleep(100)
  expect(asked).toHaveLength(16)
  gate.resolve()
  for (const response of await Promise.all(waiting))
    await expectProblem(response, 404, 'EVENT_NOT_FOUND')
  expect(asked).toHaveLength(17)
})

test('while the feed is down line-provider is not called', async () => {
  await bets.synced(null)
  await expectProblem(await bet('whatever'), 503, 'FEED_DOWN')
  expect(asked).toEqual([])
})

const jsonOf = (value: unknown, status = 200) => Response.json(value, { status })
const NONSENSE: [name: string, answer: () => Response | Promise<Response>][] = [
  ['500', () => jsonOf({ code: 'INTERNAL' }, 500)],
  ['503', () => jsonOf({ code: 'DATABASE_UNAVAILABLE' }, 503)],
  ['a 404 that is not its own', () => new Response('<h1>404</h1>', { status: 404 })],
  ['a 404 with another code', () => jsonOf({ code: 'NOT_FOUND' }, 404)],
  ['EVENT_NOT_FOUND as 200', () => jsonOf({ code: 'EVENT_NOT_FOUND' })],
  ['HTML', () => new Response('<html></html>')],
  ['nothing', () => new Response('')],
  ['null', () => jsonOf(null)],
  ['an event without a coefficient', () => jsonOf({ ...lineEvent('odd'), coefficient: undefined })],
  ['an event with a coefficient below 1', () => jsonOf(lineEvent('odd', { coefficient: '0.50' }))],
  ['an event in an unknown state', () => jsonOf({ ...lineEvent('odd'), state: 'PAUSED' })],
  ['another event than the one asked for', () => jsonOf(lineEvent('other'))],
  ['no answer in time', () => Bun.sleep(800).then(() => jsonOf(lineEvent('odd')))],
  [
    'a body that never ends',
    () => new Response(new ReadableStream({ pull: () => Bun.sleep(800) })),
  ],
]
for (const [name, given] of NONSENSE)
  test(`LINE_UNAVAILABLE when the line answers with ${name}`, async () => {
    answer = given
    const startMs = performance.now()
    await nothingWritten(() => bet('odd'), 503, 'LINE_UNAVAILABLE')
    expect(performance.now() - startMs).toBeLessThan(750)
  })

test('LINE_UNAVAILABLE when line-provider is down; bets on known events continue', async () => {
  const alone = await createBetApp()
  await alone.synced(0)
  await alone.apply(lineEvent('known'))
  await expectProblem(
    await alone.post({ event_id: 'unknown', bet_sum: '1.00' }),
    503,
    'LINE_UNAVAILABLE',
  )
  expect((await alone.post({ event_id: 'known', bet_sum: '1.00' })).status).toBe(201)
  await alone.close()
})
