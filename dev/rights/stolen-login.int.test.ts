import { afterAll, beforeEach, expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import { connectDatabase } from '@bets/platform/postgres/database'
import { statementAtLock } from '../e2e/held-lock.ts'
import { type DatabaseRole, urlFor } from '../services/database-roles.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { createBetDatabase } from '../testing/test-database.ts'

const bet = await createBetDatabase()
const as = (role: DatabaseRole) =>
  connectDatabase(urlFor(role, bet.url), { max: 1, applicationName: role })
const [api, worker] = [as('bet_maker'), as('bet_worker')]
afterAll(async () => {
  await Promise.all([api, worker].map((sql) => sql.end({ timeout: 1 })))
  await bet.drop()
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
