import { expect, test } from 'bun:test'
import { sendExamples, testDocs } from '../../dev/testing/docs-suite.ts'
import { serveDuringTests } from '../../dev/testing/http.ts'
import { BET_ROUTES, readingOf } from '../../dev/testing/routes.ts'
import { useLineApp } from '../../line-provider/test/line-app.ts'
import { useBetApp } from './bet-app.ts'

const lineUrl = serveDuringTests(() => line.app)

const line = await useLineApp()
const bets = await useBetApp(lineUrl())

testDocs({ deps: () => bets, title: 'BetMakerApi', routes: BET_ROUTES })

test('each example works as given, after the PUT /event example of line-provider', async () => {
  const statuses = async (route: string) =>
    (await sendExamples(bets.app, route)).map(({ status }) => status)
  expect(await statuses('GET /bets/{id}')).toEqual([404])
  await sendExamples(line.app, 'PUT /event')
  await bets.synced(0)
  expect(await statuses('POST /transfers')).toEqual([201])
  expect(await statuses('POST /transfers')).toEqual([200])
  expect(await statuses('POST /bet')).toEqual([201, 201, 201])
  expect(await statuses('POST /bet')).toEqual([201, 201, 201])
  for (const route of readingOf(BET_ROUTES)) expect(await statuses(route), route).toEqual([200])
})
