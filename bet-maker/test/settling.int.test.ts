import { beforeEach, expect, test } from 'bun:test'
import { Bet, betStateFor } from '@bets/domain/bet'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import type { EventState } from '@bets/domain/event'
import { createLog } from '@bets/platform/process/log'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { settleOwed } from '../src/application/settle-owed.ts'
import { createSettlements } from '../src/infrastructure/settlement.repository.ts'
import { useBetApp } from './bet-app.ts'

const STATES: EventState[] = ['NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED']
const EVENTS = Array.from({ length: 40 }, (_, i) => `e-${String(i).padStart(2, '0')}`)
const log = createLog('test', 'silent')

const db = await useBetApp()
const settlements = createSettlements(db.sql)
beforeEach(async () => {
  await db.sql`truncate line_events, state_changes, bets`
  await db.synced(0)
})

const pick = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T
const settleAll = (chunkSize: number) => settleOwed({ settlements, chunkSize, log })()

/**
 * Every event with up to `most` bets of random sums and coefficients. Ids cycle through the events.
 */
async function placeMany(most: number): Promise<void> {
  await db.apply(...EVENTS.map((id) => lineEvent(id)))
  for (let round = 0; round < most; round++) {
    await db.apply(
      ...EVENTS.map((id) => {
        const coefficient = Coefficient.fromHundredths(
          100 + Math.floor(Math.random() * 9_999_900),
        ).toString()
        return lineEvent(id, { version: round + 2, coefficient })
      }),
    )
    const bettors = EVENTS.filter(() => Math.random() < 0.5)
    await Promise.all(
      bettors.map((event_id) =>
        db.bet({
          event_id,
          bet_sum: BetSum.fromCents(1 + Math.floor(Math.random() * 9_999_999_999)).toString(),
        }),
      ),
    )
  }
}

interface Row {
  event_id: string
  sum_cents: number
  coefficient_hundredths: number
  state: string
  payout_cents: string | null
  settled: boolean
  owed: boolean
}

/**
 * Compares every bet with the domain's rule for its event. Returns the number of bets.
 */
async function expectSettled(): Promise<number> {
  const rows = await db.sql<(Row & { event_state: EventState })[]>`
    select b.event_id, b.sum_cents, b.coefficient_hundredths, b.state, b.payout_cents::text,
           b.settled_at is not null as settled, b.applied_version < e.state_version as owed,
           e.state as event_state
    from bets b join line_events e using (event_id)`
  for (const row of rows) {
    const state = betStateFor(row.event_state)
    const bet = new Bet(
      BetSum.fromCents(row.sum_cents),
      Coefficient.fromHundredths(row.coefficient_hundredths),
    )
    expect(row).toMatchObject({
      state,
      payout_cents: bet.payoutCents(state)?.toString() ?? null,
      settled: state !== 'PENDING',
      owed: false,
    })
  }
  expect(await settlements.owed()).toEqual([])
  return rows.length
}

for (const chunkSize of [1, 2, 3, 7, 50, 10_000])
  test(`in chunks of ${chunkSize} over many events every bet ends as the domain says`, async () => {
    await placeMany(8)
    for (let version = 20; version < 24; version++) {
      await db.apply(...EVENTS.map((id) => lineEvent(id, { version, state: pick(STATES) })))
      await settleAll(chunkSize)
      expect(await expectSettled()).toBeGreaterThan(50)
    }
  }, 30_000)

test('settling reports owed events and settled bets, then has nothing left to do', async () => {
  await db.apply(lineEvent('a'), lineEvent('b'), lineEvent('c'))
  for (const event_id of ['a', 'a', 'b']) await db.bet({ event_id, bet_sum: '1.00' })
  await db.apply(...['a', 'c'].map((id) => lineEvent(id, { version: 2, state: 'CANCELLED' })))
  expect(await settleAll(10)).toEqual({ events: 2, bets: 2 })
  const before = await db.contents()
  expect(await settleAll(10)).toEqual({ events: 0, bets: 0 })
  expect(await db.contents()).toBe(before)
})

test('bets that are already settled stay untouched, including settled_at', async () => {
  await db.apply(lineEvent('a'))
  await db.bet({ event_id: 'a', bet_sum: '1.00' })
  await db.apply(lineEvent('a', { version: 2, state: 'FINISHED_WIN' }))
  await settleAll(10)
  const before = await db.sql`select * from bets`
  await db.sql`update line_events set settled_version = 1`
  expect(await settleAll(10)).toEqual({ events: 1, bets: 0 })
  expect([...(await db.sql`select * from bets`)]).toEqual([...before])
})

test('a bet placed after a correction to NEW stays PENDING while older ones follow', async () => {
  await db.apply(lineEvent('a'))
  const old = await db.bet({ event_id: 'a', bet_sum: '1.00' })
  await db.apply(lineEvent('a', { version: 2, state: 'CANCELLED' }))
  await settleAll(10)
  await db.apply(lineEvent('a', { version: 3, state: 'NEW', reason: 'on again' }))
  const young = await db.bet({ event_id: 'a', bet_sum: '1.00' })
  expect(await settleAll(10)).toEqual({ events: 1, bets: 1 })
  const rows =
    await db.sql`select id, state, payout_cents, settled_at, applied_version from bets order by id`
  const pending = { state: 'PENDING', payout_cents: null, settled_at: null, applied_version: 3 }
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { id: old.id, ...pending },
    { id: young.id, ...pending },
  ])
})

test('a settlement abandoned between two chunks is completed by another settler', async () => {
  await placeMany(6)
  await db.apply(...EVENTS.map((id) => lineEvent(id, { version: 20, state: 'FINISHED_WIN' })))
  const owed = await settlements.owed()
  expect(owed.map(({ eventId }) => eventId)).toEqual(EVENTS)
  const first = await settlements.settleChunk(owed, { eventId: '', betId: 0 }, 9)
  expect(first).toMatchObject({ looked: 9, settled: 9 })
  expect(await settlements.owed()).toEqual(owed)
  await settleAll(5)
  await expectSettled()
})

test('a state that changes during settling stays owed; bets end by the last state', async () => {
  await db.apply(lineEvent('a'))
  for (let n = 0; n < 5; n++) await db.bet({ event_id: 'a', bet_sum: '1.00' })
  await db.apply(lineEvent('a', { version: 2, state: 'FINISHED_WIN' }))
  const owed = await settlements.owed()
  const first = await settlements.settleChunk(owed, { eventId: '', betId: 0 }, 2)
  await db.apply(lineEvent('a', { version: 3, state: 'CANCELLED', reason: 'doping' }))
  await settlements.settleChunk(owed, first.last ?? { eventId: '', betId: 0 }, 10)
  await settlements.finish(owed)
  expect(await settlements.owed()).toMatchObject([{ eventId: 'a', stateVersion: 3 }])
  await settleAll(2)
  expect(await expectSettled()).toBe(5)
})

test('settlements owed by a replaced database are not settled in its replacement', async () => {
  await db.apply(lineEvent('a'))
  await db.bet({ event_id: 'a', bet_sum: '1.00' })
  await db.apply(lineEvent('a', { version: 2, state: 'FINISHED_WIN' }))
  const owed = await settlements.owed()
  await settlements.finish(owed.map((event) => ({ ...event, database: event.database + 1 })))
  expect(await settlements.owed()).toEqual(owed)
  await settleAll(2)
  expect(await expectSettled()).toBe(1)
})

test('four concurrent settlers with corrections bring each bet to its last state', async () => {
  await placeMany(10)
  let version = 20
  let correcting = true
  const settlers = [1, 3, 10, 100].map(async (chunkSize) => {
    const settle = settleOwed({ settlements, chunkSize, log })
    while (correcting) await settle()
  })
  for (let round = 0; round < 25; round++) {
    version++
    const some = EVENTS.filter(() => Math.random() < 0.3)
    await db.apply(...some.map((id) => lineEvent(id, { version, state: pick(STATES) })))
  }
  correcting = false
  await Promise.all(settlers)
  while ((await settleAll(50)).events > 0);
  expect(await expectSettled()).toBeGreaterThan(50)
}, 30_000)

test('payouts are rounded half up to the cent, from the smallest to the largest', async () => {
  const cases: [coefficient: string, sum: string, payout: string][] = [
    ['1.50', '0.01', '2'],
    ['1.49', '0.01', '1'],
    ['1.05', '0.10', '11'],
    ['99999.99', '99999999.99', '999999899900000'],
    ['99999.99', '99999999.51', '999999895100000'],
    // With JavaScript numbers it would be a cent too high.
    ['93349.84', '97955680.72', '914414712230308'],
    ['33333.33', '77777777.77', '259259233307407'],
  ]
  for (const [index, [coefficient, bet_sum]] of cases.entries()) {
    await db.apply(lineEvent(`r-${index}`, { coefficient }))
    await db.bet({ event_id: `r-${index}`, bet_sum })
  }
  await db.apply(...cases.map((_, i) => lineEvent(`r-${i}`, { version: 2, state: 'FINISHED_WIN' })))
  await settleAll(10)
  const rows = await db.sql<
    { payout: string }[]
  >`select payout_cents::text as payout from bets order by event_id`
  expect(rows.map(({ payout }) => payout)).toEqual(cases.map(([, , payout]) => payout))
  await expectSettled()
})

test('from every state to every state, bets end as the domain says', async () => {
  const events = STATES.flatMap((from) => STATES.map((to) => ({ id: `${from}:${to}`, from, to })))
  await db.apply(...events.map(({ id }) => lineEvent(id)))
  // On a winner, every remainder of stake × coefficient ÷ 100.
  await db.sql`
    insert into bets (event_id, sum_cents, coefficient_hundredths, event_version, applied_version,
                      state, created_at, client, accept_odds)
    select event_id, stake, coefficient, 1, 1, 'PENDING', now(), '', 'any'
    from line_events
    cross join unnest('{1, 10, 33, 9999999951, 9999999999}'::bigint[]) stake
    cross join unnest('{100, 105, 149, 150, 9334984, 9999999}'::integer[]) coefficient
    union all
    select 'NEW:FINISHED_WIN', stake, coefficient, 1, 1, 'PENDING', now(), '', 'any'
    from generate_series(1, 100) stake cross join generate_series(100, 199) coefficient`
  for (const [version, at] of [[2, 'from'] as const, [3, 'to'] as const]) {
    await db.apply(...events.map((event) => lineEvent(event.id, { version, state: event[at] })))
    await settleAll(5_000)
    expect(await expectSettled()).toBe(16 * 5 * 6 + 100 * 100)
  }
}, 30_000)
