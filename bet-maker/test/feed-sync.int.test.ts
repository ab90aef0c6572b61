import { beforeEach, expect, test } from 'bun:test'
import { serveDuringTests } from '../../dev/testing/http.ts'
import { FAR_DEADLINE, lineEvent } from '../../dev/testing/line-event.ts'
import { useLineApp } from '../../line-provider/test/line-app.ts'
import type { FeedSync } from '../src/application/feed-ports.ts'
import { createFeedSyncs, createFreshness } from '../src/infrastructure/feed-sync.repository.ts'
import { lineAt, useBetApp, wireWorker } from './bet-app.ts'

const lineUrl = serveDuringTests(() => line.app)

const line = await useLineApp()
const db = await useBetApp()
const syncs = createFeedSyncs(db.sql)
beforeEach(async () => {
  await line.sql`truncate events`
  await line.sql`update feed set feed_id = gen_random_uuid(), last_seq = 0`
  await db.sql`truncate line_events, state_changes, bets`
  await line.sql`update feed set version_base = 0`
  await db.sql`
    update feed_position set pass = 0, cursor = null, fresh_at = null, version_base = 0`
})

const position = async () => ({
  ...(await db.sql`select pass as sync_number, cursor, fresh_at from feed_position`)[0],
})
const ageMs = () => createFreshness(db.sql).feedAgeMs()
const suspended = async () =>
  (
    await db.sql<
      { event_id: string }[]
    >`select event_id from line_events where suspended order by event_id`
  ).map(({ event_id }) => event_id)
const put = (event_id: string, fields: object = {}) =>
  line.event({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE, ...fields })
const sync = () => wireWorker(db.sql, lineAt(lineUrl())).syncFeed()

test('a feed sync stores its start time, not its end time', async () => {
  const begun = await syncs.begin()
  await Bun.sleep(150)
  expect(await syncs.complete(begun, 'c-1')).toBe(true)
  expect(await position()).toEqual({ sync_number: 1, cursor: 'c-1', fresh_at: begun.beganAt })
  expect(await ageMs()).toBeGreaterThanOrEqual(150)
})

test('a feed sync that began in the future is not stored', async () => {
  const [later] = await db.sql<[{ at: string }]>`select clock_timestamp() + interval '1 s' as at`
  const before = await position()
  expect(await syncs.complete({ ...(await syncs.begin()), beganAt: later.at }, 'c-1')).toBe(false)
  expect(await position()).toEqual(before)
})

test('before any feed sync has ended the feed has no age', async () => {
  expect(await ageMs()).toBeNull()
})

test('an overtaken feed sync stores neither cursor nor time', async () => {
  const slow = await syncs.begin()
  const fast = await syncs.begin()
  expect(await syncs.complete(fast, 'fast')).toBe(true)
  const before = await position()
  expect(await syncs.complete(slow, 'slow')).toBe(false)
  expect(await position()).toEqual(before)
})

test('the feed sync of a worker frozen during many others does not open betting', async () => {
  const stopped = await syncs.begin()
  await syncs.complete(await syncs.begin(), 'c-1')
  await syncs.startOver(await syncs.begin())
  expect(await ageMs()).toBeNull()
  expect(await syncs.complete(stopped, 'old')).toBe(false)
  expect(await ageMs()).toBeNull()
})

test('starting over clears cursor and time, closes betting, and is a feed sync', async () => {
  await syncs.complete(await syncs.begin(), 'c-1')
  await db.apply(lineEvent('m-1'))
  expect((await db.post({ event_id: 'm-1', bet_sum: '1.00' })).status).toBe(201)
  await syncs.startOver(await syncs.begin())
  expect(await position()).toEqual({ sync_number: 2, cursor: null, fresh_at: null })
  expect((await db.post({ event_id: 'm-1', bet_sum: '1.00' })).status).toBe(503)
})

test('starting over does nothing when another sync was stored since', async () => {
  const begun = await syncs.begin()
  await syncs.complete(await syncs.begin(), 'c-1')
  const before = await position()
  await syncs.startOver(begun)
  expect(await position()).toEqual(before)
})

/** As a full feed sync does at its end. */
async function suspendUnlisted(begun: FeedSync): Promise<void> {
  let after: string | undefined = ''
  while (after !== undefined) after = await syncs.suspendUnlisted(begun, after)
}

test('a full feed sync suspends exactly the open events that it did not list', async () => {
  await db.apply(lineEvent('gone'), lineEvent('here'), lineEvent('ended', { state: 'CANCELLED' }))
  const begun = await syncs.begin()
  await syncs.markListed(begun, ['here', 'not-known-here'])
  await suspendUnlisted(begun)
  expect(await suspended()).toEqual(['gone'])
})

test('of concurrent full feed syncs, each counts what the later one has listed', async () => {
  await db.apply(lineEvent('m-1'), lineEvent('m-2'))
  const first = await syncs.begin()
  const second = await syncs.begin()
  await syncs.markListed(second, ['m-1', 'm-2'])
  await syncs.markListed(first, ['m-1'])
  await suspendUnlisted(first)
  await suspendUnlisted(second)
  expect(await suspended()).toEqual([])
})

test('more events than fit into one statement are all checked', async () => {
  await db.sql`
    insert into line_events (event_id, coefficient_hundredths, deadline, state, suspended, version,
      state_version, settled_version, applied_at)
    select 'e-' || n, 150, ${FAR_DEADLINE}::bigint, 'NEW', false, 1, 1, 1, now()
    from generate_series(1, 12000) n`
  await suspendUnlisted(await syncs.begin())
  expect(await suspended()).toHaveLength(12_000)
})

test('an event that arrived otherwise since the feed sync started is not suspended', async () => {
  await db.apply(lineEvent('gone'))
  const begun = await syncs.begin()
  await db.apply(lineEvent('fresh'))
  await suspendUnlisted(begun)
  expect(await suspended()).toEqual(['gone'])
})

test('events at or below the version base are suspended, even if they arrived later', async () => {
  const begun = await syncs.begin()
  await db.apply(lineEvent('gone', { version: 999_999 }), lineEvent('new', { version: 1_000_001 }))
  await syncs.raiseVersionBase(1_000_000)
  await suspendUnlisted(begun)
  expect(await suspended()).toEqual(['gone'])
})

test('an overtaken feed sync suspends nothing: it may have listed another database', async () => {
  await db.apply(lineEvent('m-1'))
  const begun = await syncs.begin()
  await syncs.complete(await syncs.begin(), 'c-1')
  await suspendUnlisted(begun)
  expect(await suspended()).toEqual([])
})

test('the list of an earlier full feed sync, even unfinished, is not used by a later', async () => {
  await db.apply(lineEvent('m-1'))
  await syncs.markListed(await syncs.begin(), ['m-1'])
  await suspendUnlisted(await syncs.begin())
  expect(await suspended()).toEqual(['m-1'])
})

test('a feed sync over the real feed applies all, page by page, then only the news', async () => {
  await line.sql`
    insert into events
      (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at)
    select 'e-' || n, 150, ${FAR_DEADLINE}::bigint, 'NEW', false, 1, now()
    from generate_series(1, 2500) n`
  expect(await sync()).toBe('complete')
  const [{ count }] = await db.sql<[{ count: number }]>`select count(*) from line_events`
  expect(count).toBe(2500)
  expect(await ageMs()).toBeLessThan(5_000)
  const { cursor } = await position()
  await put('e-7', { state: 'FINISHED_WIN' })
  await put('new')
  expect(await sync()).toBe('complete')
  expect((await position()).cursor).not.toBe(cursor)
  const rows = await db.sql`
    select event_id, state from line_events where event_id in ('e-7', 'new') order by 1`
  expect(rows.map(({ state }) => state)).toEqual(['FINISHED_WIN', 'NEW'])
  expect(await suspended()).toEqual([])
})

test('a restored line closes betting first, then suspends the events it lacks', async () => {
  await put('stays')
  await put('lost')
  await sync()
  await line.sql`delete from events where event_id = 'lost'`
  await line.sql`update feed set feed_id = gen_random_uuid(), version_base = 1000000`
  await line.sql`update events set version = version + 1000000, seq = null`
  expect(await sync()).toBe('started_over')
  expect(await ageMs()).toBeNull()
  expect(await sync()).toBe('complete')
  expect(await suspended()).toEqual(['lost'])
  // What was still in flight from the line before the restore.
  await db.apply(
    lineEvent('lost', { version: 7 }),
    lineEvent('ghost', { version: 999_999 }),
    lineEvent('stays', { version: 999_999, state: 'CANCELLED' }),
  )
  expect(await suspended()).toEqual(['lost'])
  expect(await db.sql`select from line_events where event_id = 'ghost'`).toHaveLength(0)
  expect((await db.post({ event_id: 'stays', bet_sum: '1.00' })).status).toBe(201)
  expect((await db.post({ event_id: 'lost', bet_sum: '1.00' })).status).toBe(409)
})

test('a page read before a restore changes nothing once the restored line is known', async () => {
  await put('lost')
  const read = Promise.withResolvers<void>()
  const resumed = Promise.withResolvers<void>()
  const stopped = wireWorker(db.sql, {
    ...lineAt(lineUrl()),
    async changes(after) {
      const page = await lineAt(lineUrl()).changes(after)
      read.resolve()
      await resumed.promise
      return page
    },
  }).syncFeed()
  await read.promise
  await line.sql`delete from events`
  await line.sql`update feed set feed_id = gen_random_uuid(), version_base = 1000000`
  expect(await sync()).toBe('complete')
  resumed.resolve()
  await stopped
  expect(await db.sql`select from line_events`).toHaveLength(0)
})

test('an event that cannot be applied leaves the feed sync incomplete', async () => {
  await put('good')
  await put('bad')
  await db.sql`alter table line_events add constraint test_only check (event_id <> 'bad')`
  await expect(sync()).rejects.toThrow()
  expect(await position()).toEqual({ sync_number: 0, cursor: null, fresh_at: null })
  // The other events of its page are in the copy.
  expect(await db.sql`select event_id from line_events`).toHaveLength(1)
  await db.sql`alter table line_events drop constraint test_only`
  expect(await sync()).toBe('complete')
})
