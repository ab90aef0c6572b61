import { afterAll, beforeEach, expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import { connectDatabase } from '@bets/platform/postgres/database'
import { statementAtLock } from '../e2e/held-lock.ts'
import { type DatabaseRole, urlFor } from '../services/database-roles.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { createBetDatabase, createLineDatabase } from '../testing/test-database.ts'

const [bet, line] = await Promise.all([createBetDatabase(), createLineDatabase()])
const as = (role: DatabaseRole, { url } = bet) =>
  connectDatabase(urlFor(role, url), { max: 1, applicationName: role })
const [api, worker, provider] = [as('bet_maker'), as('bet_worker'), as('line_provider', line)]
afterAll(async () => {
  await Promise.all([api, worker, provider].map((sql) => sql.end({ timeout: 1 })))
  await Promise.all([bet.drop(), line.drop()])
})
beforeEach(async () => {
  await bet.sql`truncate bets, line_events, state_changes`
  await bet.sql`update feed_position set fresh_at = clock_timestamp()`
  await change(worker, 'apply_line_events', { event_id: 'm-1' })
})

type Sql = typeof api

/** Calls a function that takes in events, with one at 1.50 and version 1. */
const change = (sql: Sql, name: 'apply_line_events' | 'learn_events', more: object) => {
  const event = { coefficient_hundredths: 150, deadline: FAR_DEADLINE, state: 'NEW' }
  const changes = [{ ...event, suspended: false, version: 1, ...more }]
  return sql`select event_id, version from ${sql(name)}(${JSON.stringify(changes)}::text)`
}
const place = (more: object) => {
  const request = { request: 0, event_id: 'm-1', sum_cents: 1_000, accept_odds: 'any', client: '' }
  return api`select * from place_bets(${JSON.stringify([{ ...request, ...more }])}::text, 20000)`
}
const event = async (id: string) =>
  (
    await bet.sql`
    select coefficient_hundredths, state, version from line_events where event_id = ${id}`
  )[0]

const FORGED = { coefficient_hundredths: 9_999_999, state: 'FINISHED_WIN', version: 1_000 }

test('F38 the API takes in events that are unknown, and changes none that is known', async () => {
  expect(await change(api, 'learn_events', { event_id: 'm-2' })).toHaveLength(1)
  const known = await event('m-1')
  expect(await event('m-2')).toEqual(known)
  for (const event_id of ['m-1', 'm-2']) {
    expect(await change(api, 'learn_events', { ...FORGED, event_id })).toHaveLength(0)
    expect(await event(event_id)).toEqual(known)
  }
})

test('F38 nor one that becomes known at that moment', async () => {
  await worker`begin`
  await change(worker, 'apply_line_events', { event_id: 'm-3' })
  const forged = change(api, 'learn_events', { ...FORGED, event_id: 'm-3' }).execute()
  await statementAtLock(bet.sql, 'learn_events')
  await worker`commit`
  expect(await forged).toHaveLength(0)
  expect(await event('m-3')).toMatchObject({ state: 'NEW', version: 1 })
})

test('F38 a bet has the coefficient and the moment of the database, whatever is sent', async () => {
  const forged = {
    id: 7,
    coefficient_hundredths: 9_999_999,
    created_at: '2020-01-01',
    state: 'WIN',
  }
  await place(forged)
  const [row] = await bet.sql`
    select coefficient_hundredths, state, payout_cents, id <> 7 as counted,
           created_at > clock_timestamp() - interval '1 minute' as now
    from bets`
  expect({ ...row }).toEqual({
    ...{ coefficient_hundredths: 150, state: 'PENDING', payout_cents: null },
    ...{ counted: true, now: true },
  })
})

test('F38 no stake is larger than the domain allows, so every payout fits', async () => {
  const most = 9_999_999_999
  expect(BetSum.fromCents(most).cents).toBe(most)
  expect(() => BetSum.fromCents(most + 1)).toThrow()
  expect(await place({ sum_cents: most })).toHaveLength(1)
  expect(await place({ sum_cents: most + 1 })).toHaveLength(0)
  await expect(Promise.resolve(place({ sum_cents: 0 }))).rejects.toThrow('bets_sum')
})

test('F38 no money comes from anywhere but deposits, or leaves without an entry', async () => {
  const move = (more: object) => {
    const request = { request: 0, client: 'c', account_id: 'anna', kind: 'deposit', key: 'k-1' }
    const requests = JSON.stringify([{ ...request, amount_cents: 500, ...more }])
    return api`select * from make_transfers(${requests}::text)`
  }
  const stake = (more: object) =>
    place({ client: 'c', account_id: 'anna', sum_cents: 100, ...more })
  expect(await move({})).toHaveLength(1)
  for (const amount_cents of [-500, 0, Number.MAX_SAFE_INTEGER + 1])
    for (const kind of ['deposit', 'withdrawal'])
      if (kind === 'deposit' || amount_cents < 500)
        await expect(
          Promise.resolve(move({ kind, amount_cents, key: `${amount_cents}` })),
        ).rejects.toThrow('transfers_amount')
  expect(await move({ kind: 'withdrawal', amount_cents: 501, key: 'k-2' })).toHaveLength(0)
  for (const kind of ['payout', null])
    await expect(Promise.resolve(move({ kind, key: 'k-3' }))).rejects.toThrow('"transfers"')
  await expect(Promise.resolve(stake({ sum_cents: -100 }))).rejects.toThrow('bets_sum')
  expect(await stake({ sum_cents: 501 })).toHaveLength(0)
  expect(await stake({})).toHaveLength(1)

  for (const sql of [api, worker])
    for (const table of ['accounts', 'transfers', 'ledger_entries'])
      for (const [verb, rest] of [
        ['update', 'set client = client'],
        ['delete from', ''],
        ['truncate', ''],
      ] as const)
        await expect(Promise.resolve(sql.unsafe(`${verb} ${table} ${rest}`))).rejects.toThrow(
          `permission denied for table ${table}`,
        )
  expect([...(await bet.sql`select kind, amount_cents from ledger_entries order by id`)]).toEqual([
    { kind: 'deposit', amount_cents: 500 },
    { kind: 'stake', amount_cents: -100 },
  ])
  expect([...(await bet.sql`select balance_cents::integer as left from accounts`)]).toEqual([
    { left: 400 },
  ])
})

test('F38 the worker cannot keep the feed fresh beyond its last call', async () => {
  const complete = (at: string) => worker`
    select complete_feed_sync(pass, ${at}::text::timestamptz, 'c', null) as stored
    from feed_position`
  const fresh = () => bet.sql`
    select fresh_at > clock_timestamp() as ahead from feed_position`
  for (const at of ['infinity', '9999-01-01', new Date(Date.now() + 60_000).toISOString()]) {
    expect([...(await complete(at))]).toEqual([{ stored: false }])
    expect([...(await fresh())]).toEqual([{ ahead: false }])
  }
  expect([...(await complete('-infinity'))]).toEqual([{ stored: true }])
})

test('F38 line-provider cannot skip the changes to come, nor hold the lease for ever', async () => {
  const [lease] = await provider`select hold_relay_lease('thief', 2147483647) as published`
  expect(lease).toEqual({ published: 0 })
  const [{ bounded }] = await line.sql<[{ bounded: boolean }]>`
    select lease_until <= clock_timestamp() + interval '1 minute' as bounded from relay_lease`
  expect(bounded).toBe(true)
  for (const upTo of ['1', '9223372036854775807', '-1'])
    expect([
      ...(await provider`select advance_relay_lease('thief', ${upTo}::text::bigint) as at_ms`),
    ]).toEqual([{ at_ms: null }])
})
