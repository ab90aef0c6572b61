import { beforeAll, expect, test } from 'bun:test'
import { systemDuringTests } from '../e2e/system.ts'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { browserDuringTests, picture, type WatchedPage } from './browser.ts'
import { SwaggerPage } from './swagger-page.ts'
import { CLIENT, OPERATOR, WITH_TOKENS } from './tokens.ts'

const system = systemDuringTests(WITH_TOKENS)
const openPage = browserDuringTests()
let lineWatch: WatchedPage
let betsWatch: WatchedPage
let line: SwaggerPage
let bets: SwaggerPage
const clicked: string[] = []
type Json = ReturnType<typeof JSON.parse>

beforeAll(async () => {
  ;[lineWatch, betsWatch] = await Promise.all([openPage(), openPage()])
  const log = (text: string) => void clicked.push(text)
  line = new SwaggerPage(lineWatch.page, system.lineUrl, log)
  bets = new SwaggerPage(betsWatch.page, system.betsUrl, log)
})

test('both pages load from their own server, with no failed request or console error', async () => {
  await line.open()
  await bets.open()
  lineWatch.expectClean()
  betsWatch.expectClean()
})

test('a protected route answers 401 until a token is entered under Authorize', async () => {
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

test('every operation of both documents succeeds with its example', async () => {
  // In document order: the example event is created before its bet, and the bet before it is read.
  for (const pageOf of [line, bets])
    for (const { id, route } of pageOf.operations) {
      const { status } = await pageOf.execute(id)
      expect([200, 201], route).toContain(status)
    }
  lineWatch.expectClean()
  betsWatch.expectClean()
})

test('the whole flow by clicking, from creating an event to the paid account', async () => {
  const event_id = 'final'
  const event = { event_id, coefficient: '2.40', deadline: FAR_DEADLINE }
  expect(await line.execute('putEvent', { body: event })).toMatchObject({
    status: 201,
    body: event,
  })
  expect((await line.execute('getEvent', { parameters: { event_id } })).body).toMatchObject(event)
  // bet-maker caches the list for a second.
  await eventually(async () =>
    expect((await bets.execute('listOpenEvents')).body).toContainEqual(
      expect.objectContaining(event),
    ),
  )

  const account_id = 'clicker'
  const deposit = await bets.execute('makeTransfer', {
    body: { account_id, kind: 'deposit', amount: '20.00' },
    parameters: { 'idempotency-key': 'clicked-deposit' },
  })
  expect(deposit).toMatchObject({ status: 201, body: { balance: '20.00' } })
  const bet = { event_id, bet_sum: '12.50', coefficient: '2.40', account_id }
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
  const { body: entries } = await bets.execute('listEntries', { parameters: { account_id } })
  expect(entries.map(({ kind, balance }: Json) => `${kind} ${balance}`)).toEqual([
    'payout 37.50',
    'stake 7.50',
    'deposit 20.00',
  ])
  lineWatch.expectClean()
  betsWatch.expectClean()
  console.log(clicked.join('\n'))
  await Promise.all([picture(lineWatch.page, 'docs-line'), picture(betsWatch.page, 'docs-bets')])
})

test('behind a proxy that strips a prefix, the board and /docs find files and routes', async () => {
  using proxy = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch({ url, headers }) {
      const [, rest] = /^http:\/\/[^/]*\/bets(\/.*)/.exec(url) ?? []
      return rest === undefined
        ? new Response(null, { status: 404 })
        : fetch(system.betsUrl + rest, { headers })
    },
  })
  const watch = await openPage()
  await watch.page.goto(`${proxy.url}bets/`)
  await watch.page.getByText('Feed live, betting open').waitFor()
  watch.expectClean()
  await watch.page.getByRole('link', { name: 'API docs' }).click()
  await watch.page.locator('.opblock').first().waitFor()
  const page = new SwaggerPage(watch.page, `${proxy.url}bets`, () => {})
  await page.open()
  // Leaving a page may have cut off its refresh or its icon.
  watch.forgive()
  expect(await page.execute('live')).toEqual({ status: 200, body: { live: true } })
  watch.expectClean()
})
