import { beforeEach, expect, test } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { eventually } from '../../dev/testing/eventually.ts'
import { json, send, serveDuringTests } from '../../dev/testing/http.ts'
import { FAR_DEADLINE, lineEvent, sportingEvent } from '../../dev/testing/line-event.ts'
import { useLineApp } from '../../line-provider/test/line-app.ts'
import { createLineCopy, type Refuted } from '../src/infrastructure/line-copy.repository.ts'
import { lineAt, type ShownBet, useBetApp, wireWorker } from './bet-app.ts'

/** The highest version of an unknown event that is not far, while the line's base is 0. */
const FAR = 10_000_000

const lineUrl = serveDuringTests(() => line.app)
const line = await useLineApp()
const db = await useBetApp()
const refuted: Refuted[] = []
const copy = createLineCopy(db.sql, { onRefuted: (found) => void refuted.push(...found) })
const worker = wireWorker(db.sql, lineAt(lineUrl()))
beforeEach(async () => {
  await line.sql`truncate events`
  await db.sql`truncate line_events, state_changes, bets`
  await worker.syncFeed()
  refuted.length = 0
})

const put = (event_id: string, fields: object = {}) =>
  line.event({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE, ...fields })
/** What a message says, forged or not. */
const hear = (event_id: string, fields: Partial<LineEvent>) => db.apply(lineEvent(event_id, fields))
const row = async (event_id: string) => ({
  ...(
    await db.sql`
      select version, coefficient_hundredths, state, suspended, heard from line_events
      where event_id = ${event_id}`
  )[0],
})
const clock = async () => (await db.sql<[{ now: string }]>`select clock_timestamp() as now`)[0].now
const shown = async (id: number) =>
  json<ShownBet & { history: { state: string; event_version: number; reason: string | null }[] }>(
    await send(db.app, 'GET', `/bets/${id}`),
  )
const steps = async (id: number) =>
  (await shown(id)).history.map(({ state, event_version }) => [state, event_version])
const TRUE = { version: 1, coefficient_hundredths: 150, state: 'NEW', suspended: false }

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

test('a forged result is taken back by the next sync: bets, payouts and history', async () => {
  await put('m-1')
  await worker.syncFeed()
  const before = await db.bet({ event_id: 'm-1', bet_sum: '10.00' })
  await hear('m-1', { version: 7, state: 'FINISHED_WIN' })
  await db.settle()
  expect(await shown(before.id)).toMatchObject({ state: 'WIN', payout: '15.00' })

  expect(await worker.syncFeed()).toBe('complete')
  await db.settle()
  expect(await row('m-1')).toEqual({ ...TRUE, heard: false })
  expect(await shown(before.id)).toMatchObject({ state: 'PENDING', payout: null, settled_at: null })
  const after = await db.bet({ event_id: 'm-1', bet_sum: '10.00' })
  expect(after.event_version).toBe(1)

  await put('m-1', { state: 'FINISHED_LOSE' })
  await worker.syncFeed()
  await db.settle()
  const forged = [
    ['WIN', 7],
    ['PENDING', 1],
  ]
  expect(await steps(before.id)).toEqual([['PENDING', 1], ...forged, ['LOSE', 2]] as never)
  expect((await shown(before.id)).history[2]?.reason).toBe('The line refuted the state before')
  expect(await steps(after.id)).toEqual([
    ['PENDING', 1],
    ['LOSE', 2],
  ])
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

test('a bet that was taken at a forged version is settled by the true result', async () => {
  await put('m-1')
  await worker.syncFeed()
  await hear('m-1', { version: 900, coefficient: '50.00' })
  const bet = await db.bet({ event_id: 'm-1', bet_sum: '1.00' })
  expect(bet).toMatchObject({ coefficient: '50.00', event_version: 900 })
  await worker.syncFeed()
  await put('m-1', { state: 'FINISHED_LOSE' })
  await worker.syncFeed()
  await db.settle()
  // What was answered stands: the coefficient is the bet's own.
  expect(await shown(bet.id)).toMatchObject({ state: 'LOSE', coefficient: '50.00' })
  expect(await steps(bet.id)).toEqual([
    ['PENDING', 900],
    ['LOSE', 2],
  ])
  expect(await db.settle()).toBe(0)
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

test('an event that the line does not have is suspended, and bets on it are void', async () => {
  await hear('ghost', { version: 3, coefficient: '99.00' })
  const bet = await db.bet({ event_id: 'ghost', bet_sum: '1.00' })
  await hear('ghost', { version: 4, state: 'FINISHED_WIN' })
  await db.settle()
  expect(await shown(bet.id)).toMatchObject({ state: 'WIN' })
  await worker.syncFeed()
  await db.settle()
  expect(await row('ghost')).toMatchObject({ state: 'NEW', suspended: true, heard: false })
  const isVoid = async () => {
    const { history, ...now } = await shown(bet.id)
    expect(now).toMatchObject({ state: 'VOID', payout: '1.00', settled_at: expect.any(String) })
    expect(history.at(-1)).toMatchObject({ state: 'VOID', reason: 'placed_on_unknown_event' })
  }
  await isVoid()
  // Once the line has it, it is an event like any other, but not for those who bet before.
  await put('ghost')
  await worker.syncFeed()
  expect(await row('ghost')).toEqual({ ...TRUE, heard: false })
  const later = await db.bet({ event_id: 'ghost', bet_sum: '1.00' })
  await db.sql`
    update bets set created_at = created_at + interval '1 minute' where id = ${later.id}`
  await put('ghost', { state: 'FINISHED_WIN' })
  await worker.syncFeed()
  await db.settle()
  await isVoid()
  expect(await shown(later.id)).toMatchObject({ state: 'WIN' })
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
