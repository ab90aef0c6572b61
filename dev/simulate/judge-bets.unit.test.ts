import { expect, test } from 'bun:test'
import type { ShownBet } from '../traffic/shown.ts'
import { areSettled, judgeBets, judgeSums } from './judge-bets.ts'
import { rightWorld } from './right-world.ts'

const FEED_MAX_AGE_MS = 20_000
type World = ReturnType<typeof rightWorld>

const judge = ({ book, listed }: World) => [
  ...judgeBets(book, 0, listed, FEED_MAX_AGE_MS),
  ...judgeSums(book, listed),
]

test('nothing is off in a world that is as it should be', () => {
  const world = rightWorld()
  expect(judge(world)).toEqual([])
  expect(areSettled(world.book, world.listed)).toBe(true)
})

/** Damages the listed bet 9. */
const damaged = (change: Partial<ShownBet>) => (world: World) => {
  world.listed[0] = { ...(world.listed[0] as ShownBet), ...change }
}

test.each<[string, (world: World) => void, string[]]>([
  [
    'a lost bet',
    ({ listed }) => listed.splice(0, 1),
    [
      'bet 9 on sim-1.0 is lost: taken for 3.33 with key sim-1.0.9',
      'stakes on sim-1.0 are 12.50, should be 15.83',
    ],
  ],
  [
    'a doubled bet',
    ({ listed }) => listed.push(...listed.slice(0, 1)),
    ['bet 9 on sim-1.0 is listed twice', 'stakes on sim-1.0 are 19.16, should be 15.83'],
  ],
  [
    'a bet that nobody placed',
    ({ listed }) => listed.push({ ...(listed[0] as ShownBet), id: 10 }),
    ['bet 10 on sim-1.0 is none of ours', 'stakes on sim-1.0 are 19.16, should be 15.83'],
  ],
  [
    'a cent too much staked',
    damaged({ sum: '3.34' }),
    [
      'bet 9 on sim-1.0: sum is 3.34, should be 3.33',
      'stakes on sim-1.0 are 15.84, should be 15.83',
    ],
  ],
  [
    'a cent too much paid',
    damaged({ payout: '0.01' }),
    [
      'bet 9 on sim-1.0: payout is 0.01, should be 0.00',
      'payouts of sim-1.0 are 0.01, should be 0.00',
    ],
  ],
  [
    'a cent too little promised',
    damaged({ potential_payout: '5.15' }),
    ['potential_payout is 5.15, should be 5.16'],
  ],
  ['another price', damaged({ coefficient: '1.56' }), ['coefficient is 1.56, should be 1.55']],
  ['another version', damaged({ event_version: 2 }), ['event_version is 2, should be 4']],
  ['another event', damaged({ event_id: 'sim-1.1' }), ['event_id is sim-1.1, should be sim-1.0']],
  ['a wrong state', damaged({ state: 'WIN' }), ['state is WIN, should be LOSE']],
  [
    'settled at no time',
    damaged({ settled_at: null }),
    ['bet 9 on sim-1.0: is LOSE and was settled at null'],
  ],
  [
    'taken after the deadline',
    damaged({ created_at: '2100-01-01T00:00:00.000Z' }),
    ['bet 9 on sim-1.0 was taken at 2100-01-01T00:00:00.000Z, after the deadline'],
  ],
  [
    'shown to another client',
    ({ tickets }) => Object.assign(tickets[1], { client: 1 }),
    ['bet 9 on sim-1.0 is shown to another client'],
  ],
  [
    'taken at a version that never was',
    ({ tickets }) => Object.assign(tickets[1].taken ?? {}, { version: 8 }),
    ['event_version is 4, should be 8', 'was taken at version 8, which the event never had'],
  ],
  [
    'taken at a price that its version did not have',
    ({ tickets }) => Object.assign(tickets[1].taken ?? {}, { coefficient: 154 }),
    [
      'coefficient is 1.55, should be 1.54',
      'potential_payout',
      'was taken at 1.54, version 4 was 1.55',
    ],
  ],
  [
    'taken at a price that its bettor did not accept',
    ({ tickets }) => Object.assign(tickets[1], { seen: 154 }),
    ['was taken at version 4, which refuses it: odds_changed'],
  ],
  [
    'taken while suspended',
    ({ tickets, listed }) => {
      Object.assign(tickets[1].taken ?? {}, { version: 3 })
      Object.assign(listed[0] as ShownBet, { event_version: 3 })
    },
    ['was taken at version 3, which refuses it: suspended'],
  ],
  [
    'taken by what bet-maker had shown to be superseded',
    ({ tickets }) => Object.assign(tickets[0], { floor: 2 }),
    ['bet 7 on sim-1.0 was taken at version 1 when version 2 was known'],
  ],
  [
    'taken long after the event had ended',
    ({ tickets }) => Object.assign(tickets[1], { sentAtMs: 25_006 }),
    ['bet 9 on sim-1.0 was taken at version 4, 20.0 s after the next one was answered'],
  ],
  [
    'a payout of all together that no single bet explains',
    ({ book }) => Object.assign(book, { stakeCents: 1_584n }),
    ['stakes on sim-1.0 are 15.83, should be 15.84'],
  ],
])('found: %s', (_, damage, expected) => {
  const world = rightWorld()
  damage(world)
  const off = judge(world)
  expect(off).toHaveLength(expected.length)
  for (const [index, text] of expected.entries()) expect(off[index]).toContain(text)
})

test('a bet that was taken just before the change was known is nothing to complain about', () => {
  const world = rightWorld()
  Object.assign(world.tickets[1], { sentAtMs: 25_005 })
  expect(judge(world)).toEqual([])
})

test('a payout is rounded by half a cent, exactly, where floats are not', () => {
  const world = rightWorld()
  // 3.33 × 1.55 is 5.1615; 99,999,999.99 × 99,999.99 is more than a float holds to the cent.
  const [first] = world.tickets
  Object.assign(first, { cents: 9_999_999_999 })
  Object.assign(first.taken ?? {}, { coefficient: 9_999_999 })
  const [off] = judgeBets(world.book, 0, world.listed.slice(1), FEED_MAX_AGE_MS).filter((text) =>
    text.includes('potential_payout'),
  )
  expect(off).toEndWith('should be 9999998999000.00')
})

test('bets that are still as they were are not settled yet', () => {
  const world = rightWorld()
  damaged({ state: 'PENDING', payout: null, settled_at: null })(world)
  expect(areSettled(world.book, world.listed)).toBe(false)
})
