import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type System, send, startSystem } from './system.ts'

const LOAD_MS = 4_000
const BETTORS = 16

let system: System

beforeAll(async () => {
  system = await startSystem({ LOG_LEVEL: 'warn' })
})
afterAll(() => system.stop())

const pick = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T
const higher = (price: string, than: string) => Number(price) > Number(than)

test('while prices move, each bet is taken or refused as its price and the log of versions say', async () => {
  const prices = ['1.50', '1.51', '1.60', '2.00', '10.00']
  const event_id = 'walk'
  // The log: what the line answered is what each version means.
  const log = new Map<number, string>()
  const change = async (fields: object) => {
    const { body } = await send('PUT', `${system.lineUrl}/event`, { event_id, ...fields })
    log.set(Number(body.version), String(body.coefficient))
  }
  await change({ coefficient: '1.50', deadline: 4_102_444_800 })

  const endMs = performance.now() + LOAD_MS
  const walk = async () => {
    while (performance.now() < endMs) {
      await change({ coefficient: pick(prices) })
      await Bun.sleep(2)
    }
  }
  const taken: { seen: string | undefined; accept: string; price: string; version: number }[] = []
  const refused: { seen: string | undefined; accept: string; price: string; version: number }[] = []
  const bettor = async () => {
    while (performance.now() < endMs) {
      const seen = Math.random() < 0.8 ? pick(prices) : undefined
      const accept = seen === undefined ? 'any' : pick(['exact', 'higher', 'any'])
      const bet = {
        event_id,
        bet_sum: '1.00',
        accept_odds: accept,
        ...(seen ? { coefficient: seen } : {}),
      }
      const { status, body } = await send('POST', `${system.betsUrl}/bet`, bet)
      const judged = {
        seen,
        accept,
        price: String(body.coefficient),
        version: Number(body.event_version),
      }
      if (status === 201) taken.push(judged)
      else {
        expect({ status, code: body.code }).toEqual({ status: 409, code: 'ODDS_CHANGED' })
        refused.push(judged)
      }
    }
  }
  await Promise.all([walk(), ...Array.from({ length: BETTORS }, bettor)])

  for (const { seen, accept, price, version } of taken) {
    expect(price).toBe(log.get(version) as string)
    if (accept === 'exact') expect(price).toBe(seen as string)
    if (accept === 'higher') expect(price === seen || higher(price, seen as string)).toBe(true)
  }
  for (const { seen, accept, price, version } of refused) {
    expect(price).toBe(log.get(version) as string)
    expect(accept).not.toBe('any')
    expect(price).not.toBe(seen as string)
    if (accept === 'higher') expect(higher(price, seen as string)).toBe(false)
  }
  // Enough of each kind that a wrong judgement would have shown.
  expect(log.size).toBeGreaterThan(100)
  for (const accept of ['exact', 'higher'])
    for (const judged of [taken, refused])
      expect(judged.filter((bet) => bet.accept === accept).length).toBeGreaterThan(50)
  const versions = new Set(taken.map(({ version }) => version))
  expect(versions.size).toBeGreaterThan(50)
  console.log(
    `${log.size} versions, ${taken.length} bets taken at ${versions.size} of them, ${refused.length} refused`,
  )
})
