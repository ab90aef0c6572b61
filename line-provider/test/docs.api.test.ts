import { expect, test } from 'bun:test'
import { sendExamples, testDocs } from '../../dev/testing/docs-suite.ts'
import { LINE_ROUTES, readingOf } from '../../dev/testing/routes.ts'
import { useLineApp } from './line-app.ts'

const line = await useLineApp()

testDocs({ deps: () => line, title: 'LineProviderApi', routes: LINE_ROUTES })

test('each example of line-provider works as given', async () => {
  const statuses = async (route: string) =>
    (await sendExamples(line.app, route)).map(({ status }) => status)
  expect(await statuses('GET /event/{event_id}')).toEqual([404])
  expect(await statuses('PUT /event')).toEqual([201, 201])
  expect(await statuses('PUT /event')).toEqual([200, 200])
  for (const route of readingOf(LINE_ROUTES)) expect(await statuses(route), route).toEqual([200])
})
