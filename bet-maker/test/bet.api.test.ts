import { beforeEach, expect, test } from 'bun:test'
import { expectProblem, json, send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { type ShownBet, useBetApp } from './bet-app.ts'

const RFC3339_UTC_MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const bets = await useBetApp()
await bets.apply(
  lineEvent('m-1', { coefficient: '1.50', version: 3 }),
  lineEvent('max', { coefficient: '99999.99' }),
)
beforeEach(() => bets.synced(0))

/** Expects a refusal, and no writes. */
async function refused(
  body: object,
  ...expected: Parameters<typeof expectProblem> extends [unknown, ...infer R] ? R : never
) {
  const before = await bets.contents()
  await expectProblem(await bets.post(body), ...expected)
  expect(await bets.contents()).toBe(before)
}

test('a bet is 201 with its Location, at the current coefficient and version', async () => {
  const response = await bets.post({ event_id: 'm-1', bet_sum: '12.50' })
  expect(response.status).toBe(201)
  expect(response.headers.get('content-type')).toStartWith('application/json')
  expect(response.headers.has('idempotent-replayed')).toBe(false)
  const bet = await json<ShownBet>(response)
  expect(bet).toEqual({
    id: expect.any(Number),
    event_id: 'm-1',
    sum: '12.50',
    coefficient: '1.50',
    event_version: 3,
    potential_payout: '18.75',
    state: 'PENDING',
    payout: null,
    created_at: expect.stringMatching(RFC3339_UTC_MS),
    settled_at: null,
  })
  expect(response.headers.get('location')).toBe(`/bets/${bet.id}`)
  expect(Math.abs(Date.parse(bet.created_at) - Date.now())).toBeLessThan(5_000)
  const shown = await json<object>(await send(bets.app, 'GET', `/bets/${bet.id}`))
  expect(shown).toMatchObject(bet)
})

test('a sum may be a string or a number, and is shown with two decimals', async () => {
  for (const bet_sum of ['10.1', 10.1])
    expect((await bets.bet({ event_id: 'm-1', bet_sum })).sum).toBe('10.10')
})

test('the payout of the largest bet is exact to the cent, rounded half up', async () => {
  const bet = await bets.bet({ event_id: 'max', bet_sum: '99999999.99' })
  expect(bet.potential_payout).toBe('9999998999000.00')
  expect((await bets.bet({ event_id: 'max', bet_sum: '0.01' })).potential_payout).toBe('1000.00')
  expect((await bets.bet({ event_id: 'm-1', bet_sum: '0.01' })).potential_payout).toBe('0.02')
})

test('the last of duplicate keys in a body wins', async () => {
  const body = '{"event_id":"nobody","bet_sum":"7.00","event_id":"m-1"}'
  const response = await send(bets.app, 'POST', '/bet', body)
  expect(response.status).toBe(201)
})

test('a bet without a key is a new bet each time', async () => {
  const body = { event_id: 'm-1', bet_sum: '3.00' }
  const [one, two] = [await bets.bet(body), await bets.bet(body)]
  expect(two?.id).toBeGreaterThan(one?.id as number)
})

const SEEN: [seen: string, acceptOdds: string | undefined, now: string, accepted: boolean][] = [
  ['1.50', undefined, '1.50', true],
  ['1.50', undefined, '1.60', false],
  ['1.50', undefined, '1.40', false],
  ['1.50', 'exact', '1.50', true],
  ['1.50', 'exact', '1.51', false],
  ['1.50', 'exact', '1.49', false],
  ['1.50', 'higher', '1.50', true],
  ['1.50', 'higher', '1.51', true],
  ['1.50', 'higher', '1.49', false],
  ['1.50', 'any', '9.00', true],
  ['1.50', 'any', '1.00', true],
]
let version = 10
for (const [coefficient, accept_odds, now, accepted] of SEEN)
  test(`seen ${coefficient}, ${accept_odds}, now ${now}: ${accepted ? 201 : 409}`, async () => {
    await bets.apply(lineEvent('odds', { coefficient: now, version: ++version }))
    const body = {
      event_id: 'odds',
      bet_sum: '1.00',
      coefficient,
      ...(accept_odds && { accept_odds }),
    }
    if (accepted)
      expect(await bets.bet(body)).toMatchObject({ coefficient: now, event_version: version })
    else
      await refused(body, 409, 'ODDS_CHANGED', {
        extras: { coefficient: now, event_version: version },
      })
  })

test('accept_odds any without a coefficient accepts all, and so do both omitted', async () => {
  expect(
    (await bets.bet({ event_id: 'm-1', bet_sum: '1.00', accept_odds: 'any' })).coefficient,
  ).toBe('1.50')
})

test('the seen coefficient is compared by value, not by its notation', async () => {
  for (const coefficient of ['1.5', 1.5, '1.50'])
    expect((await bets.bet({ event_id: 'm-1', bet_sum: '1.00', coefficient })).coefficient).toBe(
      '1.50',
    )
})

test('an event that is not open is 409 EVENT_NOT_OPEN with the first reason', async () => {
  const now = Math.floor(Date.now() / 1000)
  const closed: [id: string, fields: Parameters<typeof lineEvent>[1], reason: string][] = [
    ['win', { state: 'FINISHED_WIN', suspended: true, deadline: 0 }, 'ended'],
    ['lose', { state: 'FINISHED_LOSE' }, 'ended'],
    ['cancelled', { state: 'CANCELLED', deadline: 0 }, 'ended'],
    ['suspended', { suspended: true, deadline: 0 }, 'suspended'],
    ['halted', { suspended: true }, 'suspended'],
    ['past', { deadline: now - 1 }, 'deadline_passed'],
    ['zero', { deadline: 0 }, 'deadline_passed'],
  ]
  for (const [event_id, fields, reason] of closed) {
    await bets.apply(lineEvent(event_id, fields))
    await refused({ event_id, bet_sum: '1.00' }, 409, 'EVENT_NOT_OPEN', { extras: { reason } })
    // Whether the event is open is checked before the coefficient.
    const withCoefficient = { event_id, bet_sum: '1.00', coefficient: '7.77' }
    await refused(withCoefficient, 409, 'EVENT_NOT_OPEN', { extras: { reason } })
  }
})

test('the deadline is checked by the clock of the database', async () => {
  const [{ now }] = await bets.sql<[{ now: number }]>`
    select extract(epoch from clock_timestamp())::double precision as now`
  await bets.apply(lineEvent('soon', { deadline: Math.ceil(now) + 1 }))
  expect((await bets.post({ event_id: 'soon', bet_sum: '1.00' })).status).toBe(201)
  await bets.apply(lineEvent('just-over', { deadline: Math.floor(now) }))
  await refused({ event_id: 'just-over', bet_sum: '1.00' }, 409, 'EVENT_NOT_OPEN', {
    extras: { reason: 'deadline_passed' },
  })
})

for (const [name, ageMs] of [
  ['no feed sync has ended yet', null],
  ['the last feed sync began more than 20 s ago', 20_500],
  ['the last feed sync began in the future, by the clock of the database', -60_000],
] as const)
  test(`FEED_DOWN when ${name}, before any check of the event`, async () => {
    await bets.synced(ageMs)
    for (const event_id of ['m-1', 'win', 'never-heard-of'])
      await refused({ event_id, bet_sum: '1.00' }, 503, 'FEED_DOWN')
  })

test('bets are accepted while the last feed sync started less than 20 s ago', async () => {
  await bets.synced(18_000)
  expect((await bets.post({ event_id: 'm-1', bet_sum: '1.00' })).status).toBe(201)
})
