import { beforeEach, describe, expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import { OverloadedError } from '@bets/domain/errors'
import { connectDatabase } from '@bets/platform/postgres/database'
import { lineEvent } from '../../dev/testing/line-event.ts'
import type { Placement } from '../src/application/ports.ts'
import { NO_LIMITS } from '../src/domain/limits.ts'
import { type BetOptions, createBets } from '../src/infrastructure/bet.repository.ts'
import { type BetApp, useBetApp } from './bet-app.ts'
import { betRequest } from './fixtures.ts'

const db = await useBetApp()
const betsOn = (sql: BetApp['sql'], options: Partial<BetOptions> = {}) =>
  createBets(sql, {
    feedMaxAgeMs: 20_000,
    limits: NO_LIMITS,
    batchMax: 500,
    queueMax: 10_000,
    ...options,
  })
const store = betsOn(db.sql)
beforeEach(async () => {
  await db.sql`truncate bets`
  await db.synced(0)
  await db.apply(lineEvent('m-1', { version: 3 }), lineEvent('m-2', { suspended: true }))
})

const kinds = (placements: Placement[]) => placements.map(({ kind }) => kind).sort()
const count = async () => (await db.sql<[{ count: number }]>`select count(*) from bets`)[0].count

test('a bet is stored with everything a replay compares, and owes nothing at first', async () => {
  const seen = Coefficient.parse('1.40')
  await store.place(betRequest({ seen, acceptOdds: 'higher', client: 'ann', key: 'k-1' }))
  const [row] = await db.sql`select * from bets`
  expect(row).toMatchObject({
    event_id: 'm-1',
    sum_cents: 1250,
    coefficient_hundredths: 150,
    event_version: 3,
    applied_version: 3,
    state: 'PENDING',
    payout_cents: null,
    settled_at: null,
    client: 'ann',
    idempotency_key: 'k-1',
    seen_coefficient_hundredths: 140,
    accept_odds: 'higher',
  })
})

test('the same key several times in one batch is one bet; the others get that bet', async () => {
  const placements = await Promise.all(
    Array.from({ length: 20 }, () => store.place(betRequest({ key: 'one' }))),
  )
  expect(kinds(placements)).toEqual([...Array(19).fill('not_placed'), 'placed'])
  const [{ id }] = await db.sql<[{ id: number }]>`select id from bets`
  for (const placement of placements)
    expect(placement.kind === 'placed' ? placement.bet.id : placement.earlier?.bet.id).toBe(id)
})

test('the same key of two clients is two bets', async () => {
  const clients = ['', 'ann', 'bob']
  const placements = await Promise.all(
    clients.map((client) => store.place(betRequest({ client, key: 'shared' }))),
  )
  expect(kinds(placements)).toEqual(['placed', 'placed', 'placed'])
})

test('keys in random order from three pools are one bet each, without deadlocks', async () => {
  // On a busy machine, more would take longer than a bet may wait, and so would new connections.
  const KEYS = 100
  const pools = [1, 2, 3].map((n) =>
    connectDatabase(db.url, { max: 4, applicationName: `pool-${n}` }),
  )
  await Promise.all(pools.flatMap((pool) => [1, 2, 3, 4].map(() => pool`select pg_sleep(0.1)`)))
  const placements = await Promise.all(
    pools.flatMap((pool) => {
      const bets = betsOn(pool, { batchMax: 40 })
      const keys = Array.from({ length: KEYS }, (_, i) => `key-${i}`).sort(
        () => Math.random() - 0.5,
      )
      return keys.map(async (key) => ({ key, placement: await bets.place(betRequest({ key })) }))
    }),
  )
  expect(await count()).toBe(KEYS)
  const placed = placements.filter(({ placement }) => placement.kind === 'placed')
  expect(new Set(placed.map(({ key }) => key)).size).toBe(KEYS)
  expect(placed).toHaveLength(KEYS)
  for (const { placement } of placements)
    if (placement.kind === 'not_placed') expect(placement.earlier?.bet.id).toBeDefined()
  for (const pool of pools) await pool.end({ timeout: 1 })
})

test('in one batch each request gets its own answer', async () => {
  await store.place(betRequest({ key: 'used', sum: BetSum.parse('5.00') }))
  const [good, suspended, unknown, dear, replay] = await Promise.all([
    store.place(betRequest()),
    store.place(betRequest({ eventId: 'm-2' })),
    store.place(betRequest({ eventId: 'm-3' })),
    store.place(betRequest({ seen: Coefficient.parse('2.00'), acceptOdds: 'exact' })),
    store.place(betRequest({ key: 'used' })),
  ])
  expect(good).toMatchObject({ kind: 'placed', bet: { eventId: 'm-1', state: 'PENDING' } })
  const common = { kind: 'not_placed', feedFresh: true }
  expect(suspended).toMatchObject({
    ...common,
    earlier: undefined,
    event: { refusal: 'suspended', version: 1 },
  })
  expect(unknown).toMatchObject({ ...common, earlier: undefined, event: undefined })
  expect(dear).toMatchObject({
    ...common,
    earlier: undefined,
    event: { version: 3, refusal: 'odds_changed' },
  })
  expect(replay).toMatchObject({ ...common, earlier: { request: { key: 'used', client: '' } } })
  expect(await count()).toBe(2)
})

test('while the feed is stale nothing is placed, and the reason is returned', async () => {
  for (const ageMs of [null, 20_500, -5_000]) {
    await db.synced(ageMs)
    expect(await store.place(betRequest())).toMatchObject({ kind: 'not_placed', feedFresh: false })
  }
  expect(await count()).toBe(0)
})

test('a request that the server rejects fails alone; the rest of its batch is placed', async () => {
  const poison = betRequest({ key: 'a\0b' })
  const results = await Promise.allSettled(
    [betRequest(), poison, betRequest(), betRequest()].map((r) => store.place(r)),
  )
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(await count()).toBe(3)
})

test('a bet beyond the limit of waiting ones is rejected at once', async () => {
  const small = betsOn(db.sql, { queueMax: 10, batchMax: 5 })
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, () => small.place(betRequest())),
  )
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused.length).toBe(20)
  for (const { reason } of refused) expect(reason).toBeInstanceOf(OverloadedError)
  expect(await count()).toBe(10)
})

test('thousands of concurrent bets are placed once each, at the right coefficient', async () => {
  const EVENTS = 50
  await db.apply(
    ...Array.from({ length: EVENTS }, (_, i) =>
      lineEvent(`e-${i}`, { coefficient: `${i + 2}.00` }),
    ),
  )
  const placements = await Promise.all(
    Array.from({ length: 3_000 }, (_, i) =>
      store.place(betRequest({ eventId: `e-${i % EVENTS}` })),
    ),
  )
  expect(placements.every(({ kind }) => kind === 'placed')).toBe(true)
  const wrong = await db.sql`
    select 1 from bets where coefficient_hundredths <> (substr(event_id, 3)::integer + 2) * 100`
  expect(wrong).toHaveLength(0)
  expect(await count()).toBe(3_000)
})

describe('while refused bets are being explained', () => {
  /** Makes `explain_refusals` do something first, and restores it afterwards. */
  async function explaining(first: string, during: () => Promise<void>): Promise<void> {
    await db.sql.unsafe(
      'alter function explain_refusals rename to true_explain_refusals; create sequence explained',
    )
    const [{ columns }] = await db.sql<[{ columns: string }]>`
      select pg_get_function_result(oid) as columns
      from pg_proc where proname = 'true_explain_refusals'`
    await db.sql.unsafe(`
      create function explain_refusals(requests text, feed_max_age_ms integer) returns ${columns}
      language plpgsql volatile as $$ begin
        ${first}
        return query select * from true_explain_refusals(requests, feed_max_age_ms);
      end $$`)
    try {
      await during()
    } finally {
      await db.sql.unsafe(
        'drop function explain_refusals; drop sequence explained;' +
          'alter function true_explain_refusals rename to explain_refusals',
      )
    }
  }

  test.each(['40P01', '40001', 'XX000'])(
    'F18 a refusal (%s) places no bet again: those without a key were placed once',
    async (state) => {
      const refuseOnce = `
        if nextval('explained') = 1 then raise 'refused' using errcode = '${state}'; end if;`
      await explaining(refuseOnce, async () => {
        const [first, other, last] = await Promise.allSettled([
          store.place(betRequest()),
          store.place(betRequest({ eventId: 'm-2' })),
          store.place(betRequest()),
        ])
        for (const placed of [first, last])
          expect(placed).toMatchObject({ value: { kind: 'placed' } })
        // A permanent refusal is not retried either.
        expect(other.status).toBe(state === 'XX000' ? 'rejected' : 'fulfilled')
      })
      expect(await count()).toBe(2)
    },
  )

  test('F17 placed bets are answered at once, the others within three seconds', async () => {
    await explaining('perform pg_sleep(1.5);', async () => {
      const beganMs = performance.now()
      const refused = [0, 1, 2].map((n) =>
        store.place(betRequest({ eventId: `m-${n + 2}` })).catch((error: Error) => error),
      )
      await store.place(betRequest())
      expect(performance.now() - beganMs).toBeLessThan(1_000)
      await Promise.all(refused)
      expect(performance.now() - beganMs).toBeLessThan(3_200)
    })
    expect(await count()).toBe(1)
  })
})

test('place_bets runs only at isolation level READ COMMITTED', async () => {
  const connection = connectDatabase(db.url, { max: 1, applicationName: 'test-isolation' })
  for (const level of ['repeatable read', 'serializable']) {
    await connection.unsafe(`begin isolation level ${level}`)
    const placing = async () => await connection`select * from place_bets('[]', 20000)`
    await expect(placing()).rejects.toThrow(`place_bets needs READ COMMITTED, this is ${level}`)
    await connection`rollback`
  }
  await connection.end({ timeout: 1 })
})
