import { expect, test } from 'bun:test'
import { expectProblem, send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { createBetApp, useBetApp } from './bet-app.ts'

const SECRET = 'tell-nobody-4711'
const REQUESTS: [method: string, path: string, body?: object][] = [
  ['POST', '/bet', { event_id: SECRET, bet_sum: '1.00' }],
  ['GET', `/bets?event_id=${SECRET}`],
  ['GET', `/bets?event_id=${SECRET}&state=WIN`],
  ['GET', '/bets/4711'],
]

const bets = await useBetApp()
await bets.synced(0)
await bets.apply(lineEvent(SECRET))

for (const [method, path, body] of REQUESTS)
  test(`${method} ${path}: an unexpected error is 500, logged without request data`, async () => {
    await bets.sql`alter table bets rename column event_id to renamed`
    const response = await send(bets.app, method, path, body, { 'idempotency-key': SECRET })
    await bets.sql`alter table bets rename column renamed to event_id`
    await expectProblem(response, 500, 'INTERNAL', { secret: SECRET })
    const logged = bets.logged.splice(0)
    expect(logged).toHaveLength(1)
    expect(logged[0]).toContain('request failed')
    expect(logged[0]).not.toContain(SECRET)
  })

test('without its database, every route that needs it is 503, and live is 200', async () => {
  const gone = await createBetApp()
  await gone.close()
  for (const [method, path, body] of REQUESTS) {
    const startMs = performance.now()
    await expectProblem(await send(gone.app, method, path, body), 503, 'DATABASE_UNAVAILABLE')
    expect(performance.now() - startMs).toBeLessThan(3_000)
  }
  expect((await send(gone.app, 'GET', '/health/live')).status).toBe(200)
  expect((await send(gone.app, 'POST', '/bet', {})).status).toBe(422)
})
