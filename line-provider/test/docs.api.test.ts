import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sendExamples, testDocs } from '../../dev/testing/docs-suite.ts'
import { createLineApp, type LineApp } from '../../dev/testing/line-app.ts'

let line: LineApp

beforeAll(async () => {
  line = await createLineApp()
})
afterAll(async () => {
  expect(line.logged).toEqual([])
  await line.close()
})

testDocs({
  deps: () => line,
  title: 'LineProviderApi',
  routes: {
    'PUT /event': ['ILLEGAL_TRANSITION', 'EVENT_ENDED', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
    'GET /event/{event_id}': ['EVENT_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    'GET /events': ['DATABASE_UNAVAILABLE'],
    'GET /events/changes': ['CURSOR_EXPIRED', 'DATABASE_UNAVAILABLE'],
    'GET /health/live': [],
    'GET /health/ready': [],
    'GET /metrics': [],
  },
})

test('each example of line-provider works when it is sent as it is', async () => {
  const statuses = async (route: string) => (await sendExamples(line.app, route)).map(({ status }) => status)
  expect(await statuses('GET /event/{event_id}')).toEqual([404])
  expect(await statuses('PUT /event')).toEqual([201])
  expect(await statuses('PUT /event')).toEqual([200])
  for (const route of [
    'GET /event/{event_id}',
    'GET /events',
    'GET /events/changes',
    'GET /health/live',
    'GET /health/ready',
    'GET /metrics',
  ])
    expect(await statuses(route), route).toEqual([200])
})
