import { expect, test } from 'bun:test'
import { expectProblem, send } from '../../dev/testing/http.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { createLineApp, useLineApp } from './line-app.ts'

const SECRET = 'tell-nobody-4711'
const REQUESTS: [method: string, path: string, body?: object][] = [
  [
    'PUT',
    '/event',
    { event_id: SECRET, coefficient: '1.50', deadline: FAR_DEADLINE, reason: SECRET },
  ],
  ['GET', `/event/${SECRET}`],
  ['GET', `/events?cursor=1.${SECRET}`],
  ['GET', '/events/changes'],
]

const line = await useLineApp()

for (const [method, path, body] of REQUESTS)
  test(`${method} ${path}: an unexpected error is 500, logged without request data`, async () => {
    await line.sql`alter table events rename column event_id to renamed`
    const response = await send(line.app, method, path, body)
    await line.sql`alter table events rename column renamed to event_id`
    await expectProblem(response, 500, 'INTERNAL', { secret: SECRET })
    const logged = line.logged.splice(0)
    expect(logged).toHaveLength(1)
    expect(logged[0]).toContain('request failed')
    expect(logged[0]).not.toContain(SECRET)
  })

test('without its database, every route that needs it is 503, and live is 200', async () => {
  const gone = await createLineApp()
  await gone.close()
  for (const [method, path, body] of REQUESTS) {
    const startMs = performance.now()
    await expectProblem(await send(gone.app, method, path, body), 503, 'DATABASE_UNAVAILABLE')
    expect(performance.now() - startMs).toBeLessThan(3_000)
  }
  expect((await send(gone.app, 'GET', '/health/live')).status).toBe(200)
  // Invalid requests are answered without the database.
  expect((await send(gone.app, 'PUT', '/event', {})).status).toBe(422)
  expect((await send(gone.app, 'GET', '/events?limit=0')).status).toBe(422)
})
