import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { useBetApp } from '../../bet-maker/test/bet-app.ts'
import { useLineApp } from '../../line-provider/test/line-app.ts'
import type { App } from '../testing/app.ts'
import { json, send, serveDuringTests } from '../testing/http.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { BET_ROUTES, LINE_ROUTES } from '../testing/routes.ts'
import { type AnyRequest, anyRequest } from './any-request.ts'

const RUNS = 400
/** Events for placing bets, which no other request may end. */
const EVENTS = { line: ['m-1', 'm-2', 'm-3'], bets: ['b-1', 'b-2', 'b-3'] }
const KNOWN = {
  id: ['1', '2', '3', '9223372036854775807', '9223372036854775808'],
  account_id: ['anna', 'bert'],
  amount: ['100', '0.01', 12.5, '90071992547409.91', '90071992547409.92'],
  bet_sum: ['1', '0.01', 12.5, '99999999.99', '100000000'],
  coefficient: ['1.50', '1.00', '99999.99', 1.5],
  deadline: [FAR_DEADLINE, 0, 253402300799],
  'idempotency-key': ['one', 'two', 'three'],
  cursor: ['1', '7', '4102444800.m-1'],
}

const lineUrl = serveDuringTests(() => line.app)

const line = await useLineApp()
const bets = await useBetApp(lineUrl())
for (const event_id of Object.values(EVENTS).flat())
  await line.event({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE })
await bets.synced(0)
await bets.bet({ event_id: 'b-1', bet_sum: '1.00' })
await send(
  bets.app,
  'POST',
  '/transfers',
  { account_id: 'anna', kind: 'deposit', amount: '100.00' },
  { 'idempotency-key': 'first-deposit' },
)

// The tests of the documents check that these are all routes.
const ROUTES = { line: Object.keys(LINE_ROUTES), bets: Object.keys(BET_ROUTES) }

for (const name of ['line', 'bets'] as const)
  describe(`random requests to ${name}, generated from its document`, () => {
    const routes = ROUTES[name]
    const known = { ...KNOWN, event_id: EVENTS[name] }
    const app = (): App => (name === 'line' ? line.app : bets.app)

    // `send` expects each answer to be documented. Here, none may be an internal error.
    test.each(routes.map((route) => [route]))(
      '%s never answers 5xx, and both takes and refuses',
      async (route) => {
        const document = await json(await send(app(), 'GET', '/docs/json'))
        const seen = new Set<number>()
        const check = async ({ method, path, headers, body }: AnyRequest) => {
          await bets.synced(0)
          const answer = await send(app(), method, path, body, headers)
          expect(answer.status, await answer.clone().text()).toBeLessThan(500)
          seen.add(answer.status)
        }
        await fc.assert(fc.asyncProperty(anyRequest(document, route, known), check), {
          numRuns: RUNS,
        })
        expect([...seen].some((status) => status < 300)).toBe(true)
        expect([...seen].some((status) => status >= 400)).toBe(true)
      },
    )
  })
