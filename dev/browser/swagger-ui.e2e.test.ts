import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type System, startSystem } from '../e2e/system.ts'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import {
  BROWSER_START_TIMEOUT_MS,
  openWatchedPage,
  picture,
  startBrowser,
  type WatchedPage,
} from './browser.ts'
import { SwaggerPage } from './swagger-page.ts'
import { CLIENT, OPERATOR, WITH_TOKENS } from './tokens.ts'

let system: System
let browser: Browser
let lineWatch: WatchedPage
let betsWatch: WatchedPage
let line: SwaggerPage
let bets: SwaggerPage
const clicked: string[] = []

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem(WITH_TOKENS), startBrowser()])
  ;[lineWatch, betsWatch] = await Promise.all([openWatchedPage(browser), openWatchedPage(browser)])
  const log = (text: string) => void clicked.push(text)
  line = new SwaggerPage(lineWatch.page, system.lineUrl, log)
  bets = new SwaggerPage(betsWatch.page, system.betsUrl, log)
}, BROWSER_START_TIMEOUT_MS)
afterAll(async () => {
  console.log(clicked.join('\n'))
  await Promise.all([picture(lineWatch.page, 'docs-line'), picture(betsWatch.page, 'docs-bets')])
  await Promise.all([browser.close(), system.stop()])
})

test('both pages open from their own server alone, without a failed request or a word in the console', async () => {
  await line.open()
  await bets.open()
  lineWatch.expectClean()
  betsWatch.expectClean()
})

test('without a token a protected route says 401, with one entered under Authorize it does not', async () => {
  expect(await line.execute('putEvent')).toMatchObject({
    status: 401,
    body: { code: 'UNAUTHORIZED' },
  })
  expect(await bets.execute('listBets')).toMatchObject({
    status: 401,
    body: { code: 'UNAUTHORIZED' },
  })
  await line.authorize(OPERATOR)
  await bets.authorize(CLIENT)
  expect(await bets.execute('listBets')).toEqual({ status: 200, body: [] })
  lineWatch.expectClean([/401/])
  betsWatch.expectClean([/401/])
  lineWatch.forgive()
  betsWatch.forgive()
})

test('every route of both documents does what it is for with its example as given', async () => {
  // In the order of the documents: the event of the example comes first, and its bet before the bet
  // is shown.
  for (const pageOf of [line, bets])
    for (const { id, route } of pageOf.operations) {
      const { status } = await pageOf.execute(id)
      expect([200, 201], route).toContain(status)
    }
  lineWatch.expectClean()
  betsWatch.expectClean()
})

test('the whole story by clicking: an event, listed, a bet on it, its end, the bet settled', async () => {
  const event_id = 'final'
  const event = { event_id, coefficient: '2.40', deadline: FAR_DEADLINE }
  expect(await line.execute('putEvent', { body: event })).toMatchObject({
    status: 201,
    body: event,
  })
  expect((await line.execute('getEvent', { parameters: { event_id } })).body).toMatchObject(event)
  // bet-maker keeps the list for a second.
  await eventually(async () =>
    expect((await bets.execute('listOpenEvents')).body).toContainEqual(
      expect.objectContaining(event),
    ),
  )

  const bet = { event_id, bet_sum: '12.50', coefficient: '2.40' }
  const key = { 'idempotency-key': 'clicked' }
  const placed = await bets.execute('placeBet', { body: bet, parameters: key })
  expect(placed).toMatchObject({
    status: 201,
    body: { state: 'PENDING', potential_payout: '30.00' },
  })
  const again = await bets.execute('placeBet', { body: bet, parameters: key })
  expect(again).toEqual({ status: 200, body: placed.body })

  const end = await line.execute('putEvent', { body: { event_id, state: 'FINISHED_WIN' } })
  expect(end).toMatchObject({ status: 200, body: { state: 'FINISHED_WIN' } })
  const settled = await eventually(async () => {
    const shown = await bets.execute('getBet', { parameters: { id: String(placed.body.id) } })
    expect(shown.body).toMatchObject({ state: 'WIN', payout: '30.00' })
    return shown.body
  })
  expect(settled.history.map(({ state }: { state: string }) => state)).toEqual(['PENDING', 'WIN'])
  lineWatch.expectClean()
  betsWatch.expectClean()
})
