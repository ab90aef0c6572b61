import { beforeEach, expect, test } from 'bun:test'
import { json, send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { type ShownBet, useBetApp } from './bet-app.ts'

const RFC3339_UTC_MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface Entry {
  state: string
  payout: string | null
  event_version: number
  at: string
  reason: string | null
}
type BetWithHistory = ShownBet & { history: Entry[] }

const bets = await useBetApp()
beforeEach(() => bets.synced(0))

const get = async (id: number) => json<BetWithHistory>(await send(bets.app, 'GET', `/bets/${id}`))
/** The history without its times. */
const entries = ({ history }: BetWithHistory) =>
  history.map(({ state, payout, event_version, reason }) => [state, payout, event_version, reason])

test('a new bet has one entry: PENDING at created_at, without a reason', async () => {
  await bets.apply(lineEvent('h-1', { version: 7, reason: 'of the event, not of the bet' }))
  const bet = await bets.bet({ event_id: 'h-1', bet_sum: '10.00' })
  expect(await get(bet.id)).toEqual({
    ...bet,
    history: [
      {
        ...{ state: 'PENDING', payout: null, event_version: 7, at: bet.created_at },
        reason: null,
      },
    ],
  })
})

test('each state change of the bet is an entry, oldest first, with its reason', async () => {
  await bets.apply(lineEvent('h-2'))
  const bet = await bets.bet({ event_id: 'h-2', bet_sum: '10.00' })
  const changes = [
    { version: 2, state: 'FINISHED_WIN' as const },
    { version: 3, state: 'FINISHED_LOSE' as const, reason: 'offside' },
    { version: 4, state: 'NEW' as const, reason: 'to be replayed' },
    { version: 5, state: 'CANCELLED' as const, reason: 'never replayed' },
  ]
  const steps: [state: string, payout: string | null][] = [
    ['WIN', '15.00'],
    ['LOSE', '0.00'],
    ['PENDING', null],
    ['VOID', '10.00'],
  ]
  for (const [index, change] of changes.entries()) {
    await bets.apply(lineEvent('h-2', change))
    await bets.settle()
    const shown = await get(bet.id)
    const [state, payout] = steps[index] as (typeof steps)[number]
    expect(shown).toMatchObject({ state, payout, event_version: 1, coefficient: '1.50' })
    expect(shown.settled_at === null).toBe(state === 'PENDING')
    expect(entries(shown)).toEqual([
      ['PENDING', null, 1, null],
      ...steps.slice(0, index + 1).map(([s, p], i) => [s, p, i + 2, changes[i]?.reason ?? null]),
    ])
    const times = shown.history.map(({ at }) => at)
    expect(times).toEqual([...times].sort())
    for (const at of times) expect(at).toMatch(RFC3339_UTC_MS)
  }
})

test('a change never appears before the bet or change it followed, despite clocks', async () => {
  await bets.apply(lineEvent('h-2b'))
  const bet = await bets.bet({ event_id: 'h-2b', bet_sum: '10.00' })
  await bets.apply(lineEvent('h-2b', { version: 2, state: 'FINISHED_WIN' }))
  await bets.apply(lineEvent('h-2b', { version: 3, state: 'CANCELLED', reason: 'rain' }))
  await bets.settle()
  // As if the first had waited for the row of the event while the bet was placed.
  await bets.sql`
    update state_changes set at = at - interval '1 second' where event_id = 'h-2b' and version = 2`
  const [placed, won, cancelled] = (await get(bet.id)).history.map(({ at }) => at)
  expect(placed).toBe(bet.created_at)
  expect(won).toBe(bet.created_at)
  expect((cancelled as string) >= bet.created_at).toBe(true)
})

test('a state change that the bet has not followed yet is not shown', async () => {
  await bets.apply(lineEvent('h-3'))
  const bet = await bets.bet({ event_id: 'h-3', bet_sum: '10.00' })
  await bets.apply(lineEvent('h-3', { version: 2, state: 'FINISHED_WIN' }))
  expect(entries(await get(bet.id))).toEqual([['PENDING', null, 1, null]])
  await bets.settle()
  expect(entries(await get(bet.id))).toHaveLength(2)
})

test('only state changes are entries; versions never received do not appear', async () => {
  await bets.apply(lineEvent('h-4'))
  const bet = await bets.bet({ event_id: 'h-4', bet_sum: '10.00' })
  await bets.apply(lineEvent('h-4', { version: 2, coefficient: '9.00' }))
  await bets.apply(lineEvent('h-4', { version: 3, suspended: true }))
  await bets.settle()
  await bets.apply(lineEvent('h-4', { version: 9, state: 'FINISHED_WIN' }))
  await bets.settle()
  expect(entries(await get(bet.id))).toEqual([
    ['PENDING', null, 1, null],
    ['WIN', '15.00', 9, null],
  ])
})

test('a correction that arrives before settling is settled once, showing both states', async () => {
  await bets.apply(lineEvent('h-5'))
  const bet = await bets.bet({ event_id: 'h-5', bet_sum: '10.00' })
  await bets.apply(lineEvent('h-5', { version: 2, state: 'FINISHED_WIN' }))
  await bets.apply(lineEvent('h-5', { version: 3, state: 'CANCELLED', reason: 'doping' }))
  expect(await bets.settle()).toBe(1)
  expect(entries(await get(bet.id))).toEqual([
    ['PENDING', null, 1, null],
    ['WIN', '15.00', 2, null],
    ['VOID', '10.00', 3, 'doping'],
  ])
})

test('states of the event from before the bet are not part of its history', async () => {
  await bets.apply(lineEvent('h-6'))
  const early = await bets.bet({ event_id: 'h-6', bet_sum: '10.00' })
  await bets.apply(lineEvent('h-6', { version: 2, state: 'CANCELLED' }))
  await bets.settle()
  await bets.apply(lineEvent('h-6', { version: 3, state: 'NEW', reason: 'on again' }))
  await bets.settle()
  const late = await bets.bet({ event_id: 'h-6', bet_sum: '10.00' })
  await bets.apply(lineEvent('h-6', { version: 4, state: 'FINISHED_LOSE' }))
  await bets.settle()
  expect(entries(await get(late.id))).toEqual([
    ['PENDING', null, 3, null],
    ['LOSE', '0.00', 4, null],
  ])
  expect(entries(await get(early.id)).map(([state]) => state)).toEqual([
    'PENDING',
    'VOID',
    'PENDING',
    'LOSE',
  ])
})

test('settles all bets of one event and does not touch those of another', async () => {
  await bets.apply(lineEvent('h-7'), lineEvent('h-8'))
  const mine = await bets.bet({ event_id: 'h-7', bet_sum: '0.01' })
  const other = await bets.bet({ event_id: 'h-8', bet_sum: '0.01' })
  await bets.apply(lineEvent('h-7', { version: 2, state: 'FINISHED_WIN' }))
  await bets.settle()
  // Half a cent is rounded up: 0.01 × 1.50.
  expect(await get(mine.id)).toMatchObject({ state: 'WIN', payout: '0.02' })
  expect(await get(other.id)).toMatchObject({ state: 'PENDING', payout: null, settled_at: null })
})

test('ids beyond 2^53, which JavaScript cannot tell apart, are different bets', async () => {
  await bets.apply(lineEvent('h-9'))
  const { id } = await bets.bet({ event_id: 'h-9', bet_sum: '10.00' })
  await bets.sql`update bets set id = 9007199254740993 where id = ${id}`
  expect((await send(bets.app, 'GET', '/bets/9007199254740992')).status).toBe(404)
  expect((await send(bets.app, 'GET', '/bets/9007199254740993')).status).toBe(200)
})
