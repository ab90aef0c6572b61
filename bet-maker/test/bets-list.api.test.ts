import { expect, test } from 'bun:test'
import { getPage, getPages } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { type ShownBet, useBetApp } from './bet-app.ts'

/** The number of bets, spread over six events, of which each state has at least one. */
const COUNT = 240
const EVENTS = ['new-1', 'new-2', 'win', 'lose', 'void', 'none'] as const
const STATES = { PENDING: ['new-1', 'new-2'], WIN: ['win'], LOSE: ['lose'], VOID: ['void'] }

/** All bets, newest first, as one page shows them. */

const bets = await useBetApp()
await bets.synced(0)
await bets.apply(...EVENTS.map((id) => lineEvent(id)))
for (let n = 0; n < COUNT; n++) await bets.bet({ event_id: EVENTS[n % 5], bet_sum: `${n + 1}.00` })
await bets.apply(
  lineEvent('win', { state: 'FINISHED_WIN', version: 2 }),
  lineEvent('lose', { state: 'FINISHED_LOSE', version: 2 }),
  lineEvent('void', { state: 'CANCELLED', version: 2 }),
)
await bets.settle()
const all = (await getPage<ShownBet>(bets.app, '/bets?limit=1000')).items

test('lists all bets newest first, in their current state, without history', async () => {
  expect(all).toHaveLength(COUNT)
  expect(all.map(({ sum }) => sum)).toEqual(
    Array.from({ length: COUNT }, (_, i) => `${COUNT - i}.00`),
  )
  expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => b - a))
  const [pending, , won] = [...all].reverse()
  expect(pending).toMatchObject({
    event_id: 'new-1',
    state: 'PENDING',
    payout: null,
    settled_at: null,
  })
  expect(won).toMatchObject({
    event_id: 'win',
    state: 'WIN',
    payout: '4.50',
    settled_at: expect.any(String),
  })
  expect(won).not.toHaveProperty('history')
})

test('the default limit is 100', async () => {
  const { items, next } = await getPage<ShownBet>(bets.app, '/bets')
  expect(items).toEqual(all.slice(0, 100))
  expect(next).toBeDefined()
})

for (const limit of [1, 7, 100, 239, 240, 241, 1000])
  test(`pages of ${limit} through Link list every bet once, in order, none empty`, async () => {
    const pages = await getPages<ShownBet>(bets.app, `/bets?limit=${limit}`)
    expect(pages.flat()).toEqual(all)
    expect(pages).toHaveLength(Math.ceil(COUNT / limit))
  })

for (const [state, events] of Object.entries(STATES))
  for (const limit of [5, 1000])
    test(`state=${state} lists exactly those in pages of ${limit}, and Link keeps it`, async () => {
      const first = await getPage(bets.app, `/bets?state=${state}&limit=${limit}`)
      if (first.next) expect(new URLSearchParams(first.next.split('?')[1]).get('state')).toBe(state)
      const pages = await getPages<ShownBet>(bets.app, `/bets?state=${state}&limit=${limit}`)
      expect(pages.flat()).toEqual(all.filter((bet) => bet.state === state))
      expect(pages.flat().every(({ event_id }) => events.includes(event_id))).toBe(true)
    })

for (const event of EVENTS)
  test(`the filter event_id=${event} lists exactly its bets; Link keeps the filter`, async () => {
    const expected = all.filter(({ event_id }) => event_id === event)
    expect(expected).toHaveLength(event === 'none' ? 0 : COUNT / 5)
    for (const limit of [1, 47, 48, 49])
      expect(
        (await getPages<ShownBet>(bets.app, `/bets?event_id=${event}&limit=${limit}`)).flat(),
      ).toEqual(expected)
  })

test('combined filters list what matches both', async () => {
  const both = await getPages<ShownBet>(bets.app, '/bets?event_id=win&state=WIN&limit=9')
  expect(both.flat()).toEqual(all.filter(({ event_id }) => event_id === 'win'))
  expect(await getPage(bets.app, '/bets?event_id=win&state=LOSE')).toEqual({
    items: [],
    next: undefined,
  })
})

test('pages stay consistent while new bets arrive and old ones are settled', async () => {
  const seen: ShownBet[] = []
  let next: string | undefined = '/bets?limit=40'
  while (next !== undefined) {
    const page: { items: ShownBet[]; next: string | undefined } = await getPage(bets.app, next)
    seen.push(...page.items)
    await bets.bet({ event_id: 'none', bet_sum: '1.00' })
    next = page.next
  }
  expect(seen.map(({ id }) => id)).toEqual(all.map(({ id }) => id))
})

test('a cursor past the oldest bet ends the list, the largest one starts it', async () => {
  expect(await getPage(bets.app, '/bets?cursor=1')).toEqual({ items: [], next: undefined })
  const { items } = await getPage<ShownBet>(bets.app, '/bets?cursor=9223372036854775807&limit=1')
  expect(items).toHaveLength(1)
})
