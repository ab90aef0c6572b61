import { beforeEach, expect, test } from 'bun:test'
import type { SportingEvent } from '@bets/domain/event'
import { connectDatabase } from '@bets/platform/postgres/database'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { createLineCopy } from '../src/infrastructure/line-copy.repository.ts'
import { useBetApp } from './bet-app.ts'

const db = await useBetApp()
const copy = createLineCopy(db.sql)
beforeEach(async () => {
  await db.sql`truncate line_events, state_changes`
  await db.sql`update feed_position set version_base = 0`
})

/** Applies one event; returns whether a settlement is owed. */
const apply = async (...event: Parameters<typeof sportingEvent>) =>
  (await copy.apply([sportingEvent(...event)])).owed
const row = async (id: string) =>
  (await db.sql`select * from line_events where event_id = ${id}`)[0]
const log = async (id: string) =>
  (
    await db.sql`
      select version, state, reason from state_changes where event_id = ${id} order by version`
  ).map((change) => ({ ...change }))

test('a new event is copied in full, owes nothing and is not a state change', async () => {
  const event = sportingEvent('m-1', {
    state: 'FINISHED_WIN',
    version: 7,
    suspended: true,
    reason: 'late',
  })
  expect(await copy.apply([event])).toMatchObject({ owed: false })
  expect(await row('m-1')).toMatchObject({
    coefficient_hundredths: 150,
    deadline: event.deadline,
    state: 'FINISHED_WIN',
    suspended: true,
    version: 7,
    reason: 'late',
    state_version: 7,
    settled_version: 7,
  })
  expect(await log('m-1')).toEqual([])
})

test('an older or an equal version changes nothing at all', async () => {
  await apply('m-1', { version: 5, coefficient: '5.00' })
  const before = await db.contents()
  for (const version of [1, 4, 5])
    for (const state of ['NEW', 'CANCELLED'] as const) {
      const stale = { version, state, coefficient: '9.00', suspended: true }
      expect(await apply('m-1', stale)).toBe(false)
    }
  expect(await db.contents()).toBe(before)
})

test('a newer version with the same state is applied and owes nothing', async () => {
  await apply('m-1')
  expect(await apply('m-1', { version: 4, coefficient: '3.00', reason: 'x' })).toBe(false)
  expect(await row('m-1')).toMatchObject({
    coefficient_hundredths: 300,
    version: 4,
    state_version: 1,
    settled_version: 1,
  })
  expect(await log('m-1')).toEqual([])
})

test('each state change is owed, and recorded with its version, reason and time', async () => {
  await apply('m-1')
  const [{ now: start }] = await db.sql<[{ now: string }]>`select clock_timestamp() as now`
  expect(await apply('m-1', { version: 2, state: 'FINISHED_WIN' })).toBe(true)
  expect(await apply('m-1', { version: 4, state: 'CANCELLED', reason: 'doping' })).toBe(true)
  expect(await row('m-1')).toMatchObject({ version: 4, state_version: 4, settled_version: 1 })
  expect(await log('m-1')).toEqual([
    { version: 2, state: 'FINISHED_WIN', reason: null },
    { version: 4, state: 'CANCELLED', reason: 'doping' },
  ])
  const times = await db.sql<
    { at: string }[]
  >`select at from state_changes where at >= ${start}::timestamptz`
  expect(times).toHaveLength(2)
})

test('a coefficient change leaves an earlier state change owed and owes nothing more', async () => {
  await apply('m-1')
  await apply('m-1', { version: 2, state: 'CANCELLED' })
  expect(await apply('m-1', { version: 3, state: 'CANCELLED', suspended: true })).toBe(false)
  expect(await row('m-1')).toMatchObject({ version: 3, state_version: 2, settled_version: 1 })
})

test('of ten versions of an event in a batch, in any order, only the highest counts', async () => {
  await copy.apply([sportingEvent('m-1'), sportingEvent('m-2')])
  const states: SportingEvent['state'][] = ['FINISHED_WIN', 'CANCELLED', 'FINISHED_LOSE']
  const versions = Array.from({ length: 10 }, (_, i) =>
    sportingEvent('m-1', { version: i + 2, state: states[i % 3] as SportingEvent['state'] }),
  )
  const batch = [
    ...versions,
    sportingEvent('m-2', { version: 2, state: 'NEW', coefficient: '2.00' }),
  ]
  expect(await copy.apply(batch.sort(() => Math.random() - 0.5))).toMatchObject({ owed: true })
  expect(await row('m-1')).toMatchObject({ version: 11, state: 'FINISHED_WIN', state_version: 11 })
  expect(await log('m-1')).toEqual([{ version: 11, state: 'FINISHED_WIN', reason: null }])
  expect(await row('m-2')).toMatchObject({
    version: 2,
    coefficient_hundredths: 200,
    state_version: 1,
  })
})

test('a batch with the same version of an event twice applies it once', async () => {
  const event = sportingEvent('m-1', { version: 2 })
  expect(await copy.apply([event, event, event])).toMatchObject({ owed: false })
  expect(await row('m-1')).toMatchObject({ version: 2 })
})

test('an empty batch does nothing', async () => {
  expect(await copy.apply([])).toMatchObject({ owed: false })
})

test('reasons are copied unchanged', async () => {
  const reason = `'; drop table bets; -- "\\ \u2028 👍 <b>`
  await apply('m-1')
  await apply('m-1', { version: 2, state: 'CANCELLED', reason })
  expect(await log('m-1')).toEqual([{ version: 2, state: 'CANCELLED', reason }])
})

test('events in random order from three pools end at their highest versions', async () => {
  const EVENTS = 60
  const VERSIONS = 20
  const pools = [1, 2, 3].map((n) =>
    connectDatabase(db.url, { max: 2, applicationName: `copy-${n}` }),
  )
  const stateOf = (version: number): SportingEvent['state'] =>
    version % 2 === 0 ? 'CANCELLED' : 'NEW'
  const all = Array.from({ length: EVENTS }, (_, i) =>
    Array.from({ length: VERSIONS }, (_, v) =>
      sportingEvent(`e-${i}`, { version: v + 1, state: stateOf(v + 1) }),
    ),
  ).flat()
  await Promise.all(
    pools.map(async (pool) => {
      const mine = createLineCopy(pool)
      const events = [...all].sort(() => Math.random() - 0.5)
      for (let start = 0; start < events.length; start += 37)
        await mine.apply(events.slice(start, start + 37))
    }),
  )
  const rows = await db.sql`select version, state, state_version from line_events`
  expect(rows).toHaveLength(EVENTS)
  for (const each of rows) expect(each).toMatchObject({ version: VERSIONS, state: 'CANCELLED' })
  // The recorded states of an event differ from one to the next.
  const repeats = await db.sql`
    select 1 from (
      select state, lag(state) over (partition by event_id order by version) as previous
      from state_changes
    ) changes where state = previous`
  expect(repeats).toHaveLength(0)
  for (const pool of pools) await pool.end({ timeout: 1 })
})

test('exactly what is above the version base is applied, in one batch', async () => {
  await apply('m-1', { version: 3 })
  await db.sql`select raise_version_base(1000000)`
  const before = await db.contents()
  await copy.apply([
    sportingEvent('m-1', { version: 1_000_000, state: 'CANCELLED' }),
    sportingEvent('ghost', { version: 7 }),
  ])
  expect(await db.contents()).toBe(before)
  await copy.apply([
    sportingEvent('ghost', { version: 7 }),
    sportingEvent('m-1', { version: 1_000_001 }),
  ])
  expect(await row('m-1')).toMatchObject({ version: 1_000_001 })
  expect(await row('ghost')).toBeUndefined()
  // It never falls again.
  await db.sql`select raise_version_base(5)`
  await apply('ghost', { version: 7 })
  expect(await row('ghost')).toBeUndefined()
})

test('the version base rises once all checked against the lower one is committed', async () => {
  const [slow, raising] = [1, 2].map(() =>
    connectDatabase(db.url, { max: 1, applicationName: 'test' }),
  ) as [ReturnType<typeof connectDatabase>, ReturnType<typeof connectDatabase>]
  await slow`begin`
  await createLineCopy(slow).apply([sportingEvent('late', { version: 2_000_007 })])
  let risen = false
  const rising = raising`select raise_version_base(3000000)`.then(() => {
    risen = true
  })
  await Bun.sleep(200)
  expect(risen).toBe(false)
  await slow`commit`
  await rising
  expect(await row('late')).toMatchObject({ version: 2_000_007 })
  await Promise.all([slow, raising].map((sql) => sql.end({ timeout: 1 })))
})
