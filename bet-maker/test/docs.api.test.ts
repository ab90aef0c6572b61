import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type BetApp, createBetApp } from '../../dev/testing/bet-app.ts'
import { sendExamples, testDocs } from '../../dev/testing/docs-suite.ts'
import { serveDuringTests } from '../../dev/testing/http.ts'
import { createLineApp, type LineApp } from '../../dev/testing/line-app.ts'

let line: LineApp
let bets: BetApp

const lineUrl = serveDuringTests(() => line.app)

beforeAll(async () => {
  line = await createLineApp()
  bets = await createBetApp(lineUrl())
})
afterAll(async () => {
  expect(bets.logged).toEqual([])
  await bets.close()
  await line.close()
})

testDocs({
  deps: () => bets,
  title: 'BetMakerApi',
  routes: {
    'POST /bet': [
      ...(['IDEMPOTENCY_KEY_REUSED', 'FEED_DOWN', 'EVENT_NOT_FOUND', 'LINE_UNAVAILABLE'] as const),
      ...(['EVENT_NOT_OPEN', 'ODDS_CHANGED', 'OVERLOADED', 'DATABASE_UNAVAILABLE'] as const),
    ],
    'GET /bets': ['DATABASE_UNAVAILABLE'],
    'GET /bets/{id}': ['BET_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    'GET /events': ['LINE_UNAVAILABLE'],
    'GET /board.json': [],
    'GET /health/live': [],
    'GET /health/ready': [],
    'GET /metrics': [],
  },
})

test('each example works when it is sent as it is, after the example of PUT /event of line-provider', async () => {
  const statuses = async (route: string) => (await sendExamples(bets.app, route)).map(({ status }) => status)
  expect(await statuses('GET /bets/{id}')).toEqual([404])
  await sendExamples(line.app, 'PUT /event')
  await bets.passed(0)
  expect(await statuses('POST /bet')).toEqual([201])
  expect(await statuses('POST /bet')).toEqual([201])
  for (const route of [
    'GET /bets',
    'GET /bets/{id}',
    'GET /events',
    'GET /board.json',
    'GET /health/live',
    'GET /health/ready',
    'GET /metrics',
  ])
    expect(await statuses(route), route).toEqual([200])
})
