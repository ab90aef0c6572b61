import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sendExamples, testDocs } from '../../dev/testing/docs-suite.ts'
import { serveDuringTests } from '../../dev/testing/http.ts'
import { BET_ROUTES, readingOf } from '../../dev/testing/routes.ts'
import { createLineApp, type LineApp } from '../../line-provider/test/line-app.ts'
import { type BetApp, createBetApp } from './bet-app.ts'

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
  routes: BET_ROUTES,
})

test('each example works as given, after the PUT /event example of line-provider', async () => {
  const statuses = async (route: string) =>
    (await sendExamples(bets.app, route)).map(({ status }) => status)
  expect(await statuses('GET /bets/{id}')).toEqual([404])
  await sendExamples(line.app, 'PUT /event')
  await bets.synced(0)
  expect(await statuses('POST /bet')).toEqual([201])
  expect(await statuses('POST /bet')).toEqual([201])
  for (const route of readingOf(BET_ROUTES)) expect(await statuses(route), route).toEqual([200])
})
