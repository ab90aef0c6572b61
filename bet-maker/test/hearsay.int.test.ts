import { beforeEach, expect, test } from 'bun:test'
import { eventually } from '../../dev/testing/eventually.ts'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { createLineCopy, type Refuted } from '../src/infrastructure/line-copy.repository.ts'
import { TRUE, useHearsay } from './hearsay-app.ts'

/** The highest version of an unknown event that is not far, while the line's base is 0. */
const FAR = 10_000_000

const { db, worker, put, hear, row } = await useHearsay()
const refuted: Refuted[] = []
const copy = createLineCopy(db.sql, { onRefuted: (found) => void refuted.push(...found) })
beforeEach(() => {
  refuted.length = 0
})

const clock = async () => (await db.sql<[{ now: string }]>`select clock_timestamp() as now`)[0].now

test('a version far above what is known is refused, others of its batch are applied', async () => {
  await put('m-1')
  await worker.syncFeed()
  const { far, owed } = await copy.apply([
    sportingEvent('m-1', { version: FAR + 2, coefficient: '99999.99' }),
    sportingEvent('m-1', { version: 2, coefficient: '1.60' }),
    sportingEvent('m-2', { version: Number.MAX_SAFE_INTEGER }),
    sportingEvent('m-3', { version: FAR }),
  ])
  expect(owed).toBe(false)
  expect([...far].sort()).toEqual([`m-1:${FAR + 2}`, `m-2:${Number.MAX_SAFE_INTEGER}`])
  expect(await row('m-1')).toMatchObject({ version: 2, coefficient_hundredths: 160 })
  expect(await row('m-2')).toEqual({})
  expect(await row('m-3')).toMatchObject({ version: FAR })
})

test('what the feed says is never far, and any burst up to the bound may be heard', async () => {
  await put('m-1')
  await worker.syncFeed()
  await hear('m-1', { version: FAR + 1 })
  expect(await row('m-1')).toMatchObject({ version: FAR + 1 })
  await copy.apply([sportingEvent('m-2', { version: 3 * FAR })], await clock())
  expect(await row('m-2')).toMatchObject({ version: 3 * FAR, heard: false })
})

test('a message is hearsay until a feed sync has listed what it says', async () => {
  await put('m-1')
  await hear('m-1', {})
  expect(await row('m-1')).toEqual({ ...TRUE, heard: true })
  await worker.syncFeed()
  expect(await row('m-1')).toEqual({ ...TRUE, heard: false })
  expect(await db.sql`select from line_events where refuted_at is not null`).toHaveLength(0)
})

test('the feed replaces what differs from it at the same version, whenever it came', async () => {
  await put('m-1')
  const begun = await clock()
  await hear('m-1', { coefficient: '99.00' })
  await copy.apply([sportingEvent('m-1')], begun)
  expect(await row('m-1')).toEqual({ ...TRUE, heard: false })
  expect(refuted).toEqual([{ copy: 'm-1:1', line: 'm-1:1' }])
})

test('a page replaces what was heard before the sync began, not what came since', async () => {
  await put('m-1')
  await worker.syncFeed()
  const page = [sportingEvent('m-1')]
  const begun = await clock()
  // A true change that was made while the sync ran.
  await hear('m-1', { version: 2, coefficient: '1.60' })
  await copy.apply(page, begun)
  expect(await row('m-1')).toMatchObject({ version: 2, coefficient_hundredths: 160 })
  // The same, said before a sync begins, would be on its pages.
  await copy.apply(page, await clock())
  expect(await row('m-1')).toEqual({ ...TRUE, heard: false })
  // A sync that a frozen worker goes on with: the feed was read again since.
  await put('m-1', { coefficient: '1.70' })
  await worker.syncFeed()
  await copy.apply(page, begun)
  expect(await row('m-1')).toMatchObject({ version: 2, coefficient_hundredths: 170 })
})

/** What the copy holds after a feed sync during which somebody forges without a pause. */
async function syncWhileForged() {
  await worker.syncFeed()
  let version = 100
  let stopped = false
  const forge = async () => {
    while (!stopped) await hear('m-1', { version: version++, coefficient: '99.00' })
  }
  const forging = forge()
  await eventually(async () => expect(await row('m-1')).toMatchObject({ heard: true }))
  await worker.syncFeed()
  const synced = await row('m-1')
  await Bun.sleep(20)
  stopped = true
  await forging
  expect(await row('m-1')).toEqual(synced)
  return synced
}

test('false messages without a pause are taken back all the same', async () => {
  await put('m-1')
  expect(await syncWhileForged()).toEqual({ ...TRUE, heard: false })
})

test('false messages without a pause keep no event that the line does not have', async () => {
  expect(await syncWhileForged()).toMatchObject({ suspended: true, heard: false })
})

test('true messages without a pause are never refuted', async () => {
  let stopped = false
  const change = async () => {
    for (let version = 1; !stopped; version++) {
      const coefficient = `1.${10 + (version % 90)}`
      await put('m-1', { coefficient })
      await hear('m-1', { version, coefficient })
    }
  }
  const changing = change()
  for (let sync = 0; sync < 30; sync++) await worker.syncFeed()
  stopped = true
  await changing
  const found = await db.sql`select from line_events where refuted_at is not null`
  expect(found).toHaveLength(0)
})

test('the forged successor of a version gives way to the true one', async () => {
  await put('m-1')
  await worker.syncFeed()
  await hear('m-1', { version: 2, coefficient: '99.00' })
  await put('m-1', { coefficient: '1.60' })
  await hear('m-1', { version: 2, coefficient: '1.60' })
  expect(await row('m-1')).toMatchObject({ coefficient_hundredths: 9900 })
  await worker.syncFeed()
  expect(await row('m-1')).toMatchObject({ version: 2, coefficient_hundredths: 160, heard: false })
})

test('F38 an id that no event can have is not taken in: it would end every feed sync', async () => {
  for (const event_id of ['a b', '', '.', 'm/1', `m${'1'.repeat(64)}`, 'm\n', 'é'])
    await db.sql`
      select from learn_events(${JSON.stringify(
        [
          { event_id, coefficient_hundredths: 150, deadline: 1, state: 'NEW', suspended: false },
        ].map((event) => ({ ...event, version: 1 })),
      )}::text)`
  expect(await worker.syncFeed()).toBe('complete')
  expect(await db.sql`select from line_events`).toHaveLength(0)
})

test('a forged suspension of an event that has not changed is lifted', async () => {
  await put('m-1')
  await worker.syncFeed()
  await hear('m-1', { version: 2, suspended: true })
  await worker.syncFeed()
  expect(await row('m-1')).toEqual({ ...TRUE, heard: false })
})

test('once refuted, messages do not change an event for ten minutes; the feed does', async () => {
  await put('m-1')
  await put('m-2')
  await worker.syncFeed()
  for (const version of [2, 3]) {
    await hear('m-1', { version, coefficient: '99.00' })
    await worker.syncFeed()
  }
  await hear('m-1', { version: 9, coefficient: '99.00' })
  await hear('m-2', { version: 2, coefficient: '1.60' })
  expect(await row('m-1')).toEqual({ ...TRUE, heard: false })
  expect(await row('m-2')).toMatchObject({ version: 2 })
  await put('m-1', { coefficient: '1.60' })
  await worker.syncFeed()
  expect(await row('m-1')).toMatchObject({ version: 2, coefficient_hundredths: 160 })
  await db.sql`update line_events set refuted_at = refuted_at - interval '10 minutes'`
  await hear('m-1', { version: 3, coefficient: '1.70' })
  expect(await row('m-1')).toMatchObject({ version: 3, coefficient_hundredths: 170 })
})

test('a copy that became false in any other way is found by comparing page by page', async () => {
  await put('m-1')
  await worker.syncFeed()
  await db.sql`update line_events set coefficient_hundredths = 9900, version = 5000`
  await worker.syncFeed()
  expect(await row('m-1')).toEqual({ ...TRUE, heard: false })
})
