import { expect, test } from 'bun:test'
import { json, send } from '../../dev/testing/http.ts'
import type { ShownBet } from './bet-app.ts'
import { TRUE, useHearsay } from './hearsay-app.ts'

const { db, worker, put, hear, row } = await useHearsay()

const shown = async (id: number) =>
  json<ShownBet & { history: { state: string; event_version: number; reason: string | null }[] }>(
    await send(db.app, 'GET', `/bets/${id}`),
  )
const steps = async (id: number) =>
  (await shown(id)).history.map(({ state, event_version }) => [state, event_version])

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
