import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { watchStatements } from '@bets/platform/postgres/statements'
import { getPage, getPages, send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { workOf } from '../../dev/testing/work-of.ts'
import type { BetRecords } from '../src/application/ports.ts'
import { createBetRecords } from '../src/infrastructure/bet-record.repository.ts'
import { type BetApp, createBetApp, type ShownBet, useBetApp } from './bet-app.ts'

/** The most bets that a page may read. */
const BOUND = 10_000
const COUNT = 3 * BOUND + 500
/** The bets that were won: near both ends, around the bounds, and with a gap of a whole page. */
const WON = [
  ...[1, 2, 500, 501, 9_999, 10_000, 10_500, 10_501],
  ...[COUNT - BOUND, COUNT - BOUND + 1, COUNT - 1, COUNT],
]

const bets = await useBetApp()
// Each thousand of bets is on one of the two events, by turns.
await bets.sql`
  insert into bets (id, event_id, sum_cents, coefficient_hundredths, event_version,
                    applied_version, state,
                    payout_cents, created_at, settled_at, client, accept_odds)
  select n, case when n / 1000 % 2 = 0 then 'even' else 'odd' end, 100, 150, 1, 2,
         case when n = any (${`{${WON}}`}::bigint[]) then 'WIN' else 'LOSE' end, 0,
         now(), now(), '', 'any'
  from generate_series(1, ${COUNT}::integer) n`

const ids = (items: ShownBet[]) => items.map(({ id }) => id)
const NEWEST_FIRST = [...WON].reverse()

for (const limit of [1, 2, 3, 12, 1000])
  test(`the Links of state=WIN in pages of ${limit} lead to each once, in order`, async () => {
    const pages = await getPages<ShownBet>(bets.app, `/bets?state=WIN&limit=${limit}`)
    expect(ids(pages.flat())).toEqual(NEWEST_FIRST)
    for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit)
  })

test('a page scans at most 10,000 bets, so it may be short and still have a Link', async () => {
  const first = await getPage<ShownBet>(bets.app, '/bets?state=WIN&limit=1000')
  expect(ids(first.items)).toEqual([COUNT, COUNT - 1, COUNT - BOUND + 1])
  const second = await getPage<ShownBet>(bets.app, first.next as string)
  expect(ids(second.items)).toEqual([COUNT - BOUND, 10_501])
})

test('a page may be empty and still have a Link', async () => {
  const first = await getPage<ShownBet>(bets.app, '/bets?state=VOID')
  expect(first.items).toEqual([])
  expect(first.next).toBeDefined()
  const pages = await getPages<ShownBet>(bets.app, '/bets?state=VOID')
  expect(pages).toEqual([[], [], [], []])
})

test('with a filter by event, the limit counts only the bets of that event', async () => {
  for (const event of ['even', 'odd']) {
    const expected = NEWEST_FIRST.filter(
      (id) => (Math.floor(id / 1000) % 2 === 0) === (event === 'even'),
    )
    const pages = await getPages<ShownBet>(bets.app, `/bets?state=WIN&event_id=${event}`)
    expect(ids(pages.flat())).toEqual(expected)
    expect(pages).toHaveLength(2)
  }
})

test('a list of exactly as many bets as a page scans ends', async () => {
  const pages = await getPages<ShownBet>(bets.app, `/bets?state=VOID&cursor=${BOUND + 1}`)
  expect(pages.flat()).toEqual([])
  expect(pages.length).toBeLessThanOrEqual(2)
})

test('without a filter by state, pages are full whatever the number of bets', async () => {
  const { items, next } = await getPage<ShownBet>(bets.app, '/bets?limit=1000')
  expect(ids(items)).toEqual(Array.from({ length: 1000 }, (_, i) => COUNT - i))
  expect(next).toBeDefined()
  const ofEvent = await getPages<ShownBet>(bets.app, '/bets?event_id=odd&limit=1000')
  expect(ofEvent.flat()).toHaveLength(15_000)
})

test('the ends of the id range: 2^53 - 1 is listed and found', async () => {
  await bets.sql`update bets set id = 9007199254740991 where id = ${COUNT}`
  const { items } = await getPage<ShownBet>(bets.app, '/bets?limit=1')
  expect(ids(items)).toEqual([Number.MAX_SAFE_INTEGER])
  const { items: rest } = await getPage<ShownBet>(bets.app, '/bets?limit=1&cursor=9007199254740991')
  expect(ids(rest)).toEqual([COUNT - 1])
})

describe('F32 bets of others on the same event', () => {
  const OTHERS = 2 * BOUND + 500
  const CHANGES = 3_000
  /** Of the pool of four connections that tests have, as services do. */
  const READS_AT_ONCE = 2
  let crowded: BetApp
  let records: BetRecords

  // Every thousandth bet is mine, the first one on the event of the others. Nothing is analyzed.
  beforeAll(async () => {
    crowded = await createBetApp()
    records = createBetRecords(crowded.sql)
    await crowded.sql`
      insert into bets (id, event_id, sum_cents, coefficient_hundredths, event_version,
                        applied_version, state, created_at, client, accept_odds)
      select n, case when n % 1000 = 1 and n > 1 then 'mine' else 'hot' end, 100, 150, 1,
             ${CHANGES}, 'PENDING', now(), case when n % 1000 = 1 then 'me' else 'others' end, 'any'
      from generate_series(1, ${OTHERS}::integer) n`
    await crowded.sql`select setval('bets_id_seq', ${OTHERS})`
    await crowded.sql`
      insert into state_changes (event_id, version, state, at)
      select 'hot', n, case when n % 2 = 0 then 'CANCELLED' else 'NEW' end, now()
      from generate_series(2, ${CHANGES}::integer) n`
  })
  afterAll(() => crowded.close())

  const all = { client: 'me', state: undefined, eventId: undefined }
  test.each([
    ['of an event', { ...all, eventId: 'hot' }, BOUND],
    ['of an event in a state', { ...all, eventId: 'hot', state: 'WIN' as const }, BOUND],
    ['of an event that only I bet on', { ...all, eventId: 'mine' }, 50],
    ['of mine', all, 50],
    ['of mine in a state', { ...all, state: 'WIN' as const }, 50],
    ['without a client', { ...all, client: '' }, BOUND],
  ])('F32 a page %s reads no more than it may, whoever the bets belong to', async (_, ...how) => {
    const [filter, most] = how
    const { rows } = await workOf(crowded.url, (sql) =>
      createBetRecords(sql).list(filter, undefined, 100),
    )
    // It may begin to read the next one.
    expect(rows).toBeLessThanOrEqual(most + 1)
  })

  test('F32 the Links lead through the bets of others to my own', async () => {
    const filter = { ...all, eventId: 'hot' }
    const found: number[] = []
    let pages = 0
    let below: string | undefined
    do {
      const { items, next } = await records.list(filter, below, 100)
      found.push(...items.map(({ id }) => id))
      below = next
      pages++
    } while (below !== undefined)
    expect(found).toEqual([1])
    expect(pages).toBe(3)
  })

  test('F32 F35 hundreds of reads at once leave connections to bets', async () => {
    await crowded.apply(lineEvent('open'))
    await crowded.synced(0)
    let running = 0
    let most = 0
    const stopWatching = watchStatements({
      began: () => {
        most = Math.max(most, ++running)
      },
      ended: () => void running--,
    })
    const reads = Array.from({ length: 400 }, async (_, n) => {
      const { status } = await send(crowded.app, 'GET', `/bets?cursor=${OTHERS - n}`)
      if (status !== 200) expect(status).toBe(503)
    })
    await Bun.sleep(1)
    await crowded.bet({ event_id: 'open', bet_sum: '1.00' })
    await Promise.all(reads)
    stopWatching()
    // The bet's own statement is one more: it found a connection.
    expect(most).toBeLessThanOrEqual(READS_AT_ONCE + 1)
  })

  test('F32 a bet shows the latest 1,000 of many changes, and reads no others', async () => {
    const { rows } = await workOf(crowded.url, (sql) => createBetRecords(sql).find('1', 'me'))
    expect(rows).toBeLessThanOrEqual(1_010)
    const found = await records.find('1', 'me')
    expect(found?.changes.map(({ version }) => version)).toEqual(
      Array.from({ length: 1_000 }, (_, i) => CHANGES - 999 + i),
    )
  })
})
