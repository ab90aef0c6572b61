import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { App } from '../../dev/testing/app.ts'
import { json, send, serveDuringTests } from '../../dev/testing/http.ts'
import { FAR_DEADLINE, lineEvent } from '../../dev/testing/line-event.ts'
import { useLineApp } from '../../line-provider/test/line-app.ts'
import { boardRow } from '../src/infrastructure/board.repository.ts'
import { useBetApp, wireBetApp } from './bet-app.ts'

/** JSON of any shape. */
type Json = ReturnType<typeof JSON.parse>

/** The most bets that one board reads. */
const BOUND = 5_000
const SECRETS = { client: 'anna-of-the-clients', key: 'the-key-of-anna' }

let board: ReturnType<typeof wireBetApp>
let answer: App['fetch']

const lineUrl = serveDuringTests(() => ({
  handle: async (request) => answer(request),
  fetch: (request) => answer(request),
}))

const line = await useLineApp()
const bets = await useBetApp(lineUrl())
// A new app for each test, because an app caches the board for a second.
beforeEach(async () => {
  await bets.sql`truncate bets`
  await line.sql`truncate events`
  await bets.synced(0)
  answer = (request) => line.app.fetch(request)
  board = wireBetApp(bets.sql, lineUrl())
})
afterEach(() => expect(board.logged).toEqual([]))

const readBoard = async (app = board.app): Promise<Json> => {
  const response = await send(app, 'GET', '/board.json')
  expect(response.status).toBe(200)
  return json(response)
}
/** Reads the board through an app with an empty cache. */
const readUncached = () => readBoard(wireBetApp(bets.sql, lineUrl()).app)

/**
 * Inserts bets of 1.00 at 1.50 with ids above `after`, placed `apartMs` apart, the last one now.
 * Two of three are settled.
 */
const fill = (count: number, apartMs: number, after = 0) => bets.sql`
  insert into bets (id, event_id, sum_cents, coefficient_hundredths, event_version, applied_version,
                    state, payout_cents,
                    created_at,
                    settled_at, client, idempotency_key, accept_odds)
  select n + ${after}::integer, 'm-' || n % 7, 100, 150, 1, 1,
         (array['WIN', 'LOSE', 'PENDING'])[n % 3 + 1], (array[150, 0, null])[n % 3 + 1],
         now() - (${count}::integer - n) * ${apartMs}::float8 * interval '1 millisecond',
         case when n % 3 <> 2 then now() end, ${SECRETS.client},
         ${SECRETS.key} || n + ${after}::integer, 'any'
  from generate_series(1, ${count}::integer) n`

test('shows the open events, the latest bets and their totals', async () => {
  await line.event({ event_id: 'm-1', coefficient: '1.50', deadline: FAR_DEADLINE })
  await line.event({ event_id: 'm-2', coefficient: '3.25', deadline: FAR_DEADLINE + 1 })
  await bets.apply(lineEvent('m-1'), lineEvent('m-2', { coefficient: '3.25' }))
  await bets.bet({ event_id: 'm-1', bet_sum: '10.00' })
  await bets.bet({ event_id: 'm-1', bet_sum: '4.00' })
  await bets.bet({ event_id: 'm-2', bet_sum: '8.00' })
  await bets.apply(lineEvent('m-1', { version: 2, state: 'FINISHED_WIN' }))
  await bets.settle()

  const shown = await readBoard()
  expect(shown).toMatchObject({
    bets_taken: true,
    feed_max_age_ms: 20_000,
    events: {
      total: 2,
      more: false,
      items: [
        { event_id: 'm-1', coefficient: '1.50', deadline: FAR_DEADLINE },
        { event_id: 'm-2', coefficient: '3.25', deadline: FAR_DEADLINE + 1 },
      ],
    },
    bets: { count: 3, turnover: '22.00', pending: '8.00', result: '-7.00' },
  })
  expect(shown.feed_age_ms).toBeWithin(0, 5_000)
  const newest = ({ created_at, ...bet }: Json) => Object.values(bet)
  expect(shown.bets.newest.map(newest)).toEqual([
    ['m-2', '8.00', '3.25', 'PENDING', null],
    ['m-1', '4.00', '1.50', 'WIN', '6.00'],
    ['m-1', '10.00', '1.50', 'WIN', '15.00'],
  ])
})

test('is anonymous: shows no bet id, client or idempotency key to anyone', async () => {
  await fill(40, 10)
  const first = await json(
    await send(board.app, 'GET', '/board.json', undefined, { authorization: 'Bearer x' }),
  )
  for (const bet of first.bets.newest)
    expect(Object.keys(bet).join()).toBe('event_id,sum,coefficient,state,payout,created_at')
  const text = JSON.stringify(first)
  for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret)
  expect(text).not.toMatch(/"(id|client|key|idempotency_key|settled_at)"/)
})

test('shows zero totals when there are no events and no bets', async () => {
  const { events, bets: shown } = await readBoard()
  expect(events).toEqual({ total: 0, more: false, items: [] })
  expect(shown).toMatchObject({
    count: 0,
    turnover: '0.00',
    pending: '0.00',
    result: '0.00',
    newest: [],
  })
  expect(shown.chart.turnover).toEqual(Array(60).fill('0.00'))
})

test('the chart has sixty bars up to now, each with the bets of its interval', async () => {
  await fill(9, 20_000)
  const { chart, count, newest } = (await readBoard()).bets
  expect(count).toBe(9)
  expect(chart.bar_ms).toBe(10_000)
  expect(Date.parse(chart.until) % 10_000).toBe(0)
  expect(Date.parse(chart.until) - Date.now()).toBeWithin(-1_000, 10_001)
  expect(chart.turnover).toHaveLength(60)
  const filled = chart.turnover.flatMap((sum: string, bar: number) => (sum === '0.00' ? [] : [bar]))
  const barOf = ({ created_at }: Json) =>
    59 - Math.floor((Date.parse(chart.until) - 1 - Date.parse(created_at)) / 10_000)
  expect(filled).toEqual(newest.map(barOf).reverse())
  expect(filled.map((bar: number) => chart.result[bar])).toEqual(
    // By their numbers: 1 lost, 2 pending, 3 won.
    ['1.00', '0.00', '-0.50', '1.00', '0.00', '-0.50', '1.00', '0.00', '-0.50'],
  )
})

test('bars narrow, and still show all bets, when those cover less than ten minutes', async () => {
  // The latest 5,000 of these cover 2.5 s plus the time passed since.
  await fill(2 * BOUND, 0.5)
  const { chart, count } = (await readBoard()).bets
  expect(count).toBe(BOUND)
  expect(chart.bar_ms).toBeOneOf([20, 50, 100])
  const filled: string[] = chart.turnover.filter((sum: string) => sum !== '0.00')
  expect(filled.length).toBeGreaterThan(15)
  // Except the last bar, which is not full yet.
  for (const sum of filled.slice(0, -1))
    expect(Math.abs(Number(sum) - 2 * chart.bar_ms)).toBeLessThanOrEqual(1)
})

test('totals are exact beyond 2^53 cents', async () => {
  await fill(3, 1)
  await bets.sql`
    update bets
    set sum_cents = 9999999999, coefficient_hundredths = 9999999, state = 'WIN',
        payout_cents = 999999899900001, settled_at = now()`
  expect((await readBoard()).bets).toMatchObject({
    count: 3,
    turnover: '299999999.97',
    result: '-29999696997000.06',
  })
  await bets.sql`update bets set payout_cents = 9007199254740991`
  expect((await readUncached()).bets.result).toBe('-270215677642229.76')
})

test('reads just the latest 5,000 bets by the primary key, even without statistics', async () => {
  for (let part = 0; part < 10; part++) await fill(10_000, 0.5, part * 10_000)
  const [{ 'QUERY PLAN': plan }] =
    (await bets.sql`explain (analyze, buffers, format json) ${boardRow(bets.sql)}`) as Json
  const nodes: Json[] = []
  const collect = (node: Json) => {
    nodes.push(node)
    for (const child of node.Plans ?? []) collect(child)
  }
  collect(plan[0].Plan)
  const reads = nodes.filter((node) => node['Relation Name'] === 'bets')
  expect(reads).toMatchObject([
    { 'Index Name': 'bets_pkey', 'Scan Direction': 'Backward', 'Actual Rows': BOUND },
  ])
  expect(plan[0].Plan['Shared Hit Blocks'] + plan[0].Plan['Shared Read Blocks']).toBeLessThan(1_000)
})

test('everyone sees the same board for a while', async () => {
  const first = await readBoard()
  await fill(1, 0)
  expect(await readBoard()).toEqual(first)
})

test('shows null for what is unavailable, and the rest as usual', async () => {
  await line.event({ event_id: 'm-1', coefficient: '1.50', deadline: FAR_DEADLINE })
  answer = () => new Response(null, { status: 500 })
  expect(await readUncached()).toMatchObject({ events: null, bets: { count: 0 }, bets_taken: true })
  answer = (request) => line.app.fetch(request)
  await bets.sql`alter table bets rename to bets_renamed`
  try {
    const shown = await readUncached()
    expect(shown).toMatchObject({
      events: { total: 1 },
      bets: null,
      bets_taken: false,
      feed_age_ms: null,
    })
  } finally {
    await bets.sql`alter table bets_renamed rename to bets`
  }
})

test.each([
  [0, true],
  [19_000, true],
  [21_000, false],
  [-5_000, false],
  [null, false],
])('with the last feed sync %p ms ago, bets are accepted: %p', async (age, accepted) => {
  await bets.synced(age)
  const shown = await readBoard()
  expect(shown.bets_taken).toBe(accepted)
  if (age === null) expect(shown.feed_age_ms).toBeNull()
  else expect(shown.feed_age_ms - age).toBeWithin(0, 1_000)
})

test('of three hundred events it shows a hundred and the total, within 20 KB', async () => {
  await line.sql`
    insert into events (event_id, coefficient_hundredths, deadline, state, suspended, version,
                        changed_at)
    select 'match-day-' || n, 150 + n, ${FAR_DEADLINE}::bigint + n, 'NEW', false, 1, now()
    from generate_series(1, 300) n`
  await fill(BOUND, 100)
  const response = await send(board.app, 'GET', '/board.json')
  const text = await response.text()
  expect(JSON.parse(text).events).toMatchObject({ total: 300, items: { length: 100 } })
  expect(text.length).toBeLessThan(20_000)
})
