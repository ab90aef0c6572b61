import { expect, test } from 'bun:test'
import { Bet } from '@bets/domain/bet'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import fc from 'fast-check'
import { json, send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { maxStake } from '../src/domain/limits.ts'
import { useBetApp, wireBetApp } from './bet-app.ts'

const db = await useBetApp()
const coefficients = fc.integer({ min: 100, max: 9_999_999 })
const money = fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { nil: undefined })

test('the largest stake is the last that no limit refuses', () => {
  fc.assert(
    fc.property(coefficients, money, money, (hundredths, maxStakeCents, maxPayoutCents) => {
      const coefficient = Coefficient.fromHundredths(hundredths)
      const max = maxStake({ maxStakeCents, maxPayoutCents }, coefficient)
      if (max === undefined) return maxStakeCents === undefined && maxPayoutCents === undefined
      const fits = (cents: number) =>
        cents <= (maxStakeCents ?? cents) &&
        new Bet(BetSum.fromCents(cents), coefficient).potentialPayoutCents <=
          (maxPayoutCents ?? Number.MAX_SAFE_INTEGER)
      const { cents } = max
      return (cents === 0 || fits(cents)) && (cents >= BetSum.MAX_CENTS || !fits(cents + 1))
    }),
    { numRuns: 5_000 },
  )
})

test('bet_db goes by the same limits', async () => {
  const cases = fc.sample(fc.tuple(coefficients, money, money), 2_000)
  const rows = await db.sql<{ max: number | null }[]>`
    select least(max_stake((c->>0)::integer, (c->>1)::bigint, (c->>2)::bigint), 9999999999) as max
    from json_array_elements(${JSON.stringify(cases)}::text::json) with ordinality a (c, place)
    order by place`
  for (const [index, [hundredths, maxStakeCents, maxPayoutCents]] of cases.entries()) {
    const max = maxStake({ maxStakeCents, maxPayoutCents }, Coefficient.fromHundredths(hundredths))
    const none = maxStakeCents === undefined && maxPayoutCents === undefined
    expect([cases[index], rows[index]?.max]).toEqual([
      cases[index],
      none ? BetSum.MAX_CENTS : max?.cents,
    ])
  }
})

test('a bet above a limit is refused with the largest stake, which is then taken', async () => {
  await db.synced(0)
  await db.apply(
    lineEvent('m-1', { coefficient: '3.00' }),
    lineEvent('m-2', { coefficient: '1.01' }),
  )
  const { app } = wireBetApp(db.sql, undefined, undefined, {
    maxStakeCents: 50_00,
    maxPayoutCents: 100_00,
  })
  const bet = async (event_id: string, bet_sum: string, key?: string) => {
    const headers = key === undefined ? {} : { 'idempotency-key': key }
    const answer = await send(app, 'POST', '/bet', { event_id, bet_sum }, headers)
    const { code, limit, max_stake } = await json<Record<string, unknown>>(answer)
    return [answer.status, code, limit, max_stake].filter((part) => part !== undefined)
  }
  // 33.33 × 3 = 99.99, and 33.34 × 3 = 100.02.
  expect(await bet('m-1', '33.34')).toEqual([409, 'LIMIT_EXCEEDED', 'payout', '33.33'])
  expect(await bet('m-1', '33.33', 'k')).toEqual([201])
  expect(await bet('m-2', '50.01')).toEqual([409, 'LIMIT_EXCEEDED', 'stake', '50.00'])
  expect(await bet('m-2', '50.00')).toEqual([201])

  const lower = wireBetApp(db.sql, undefined, undefined, {
    maxStakeCents: 1_00,
    maxPayoutCents: undefined,
  })
  const again = { event_id: 'm-1', bet_sum: '33.33' }
  const replayed = await send(lower.app, 'POST', '/bet', again, { 'idempotency-key': 'k' })
  expect(replayed.status).toBe(200)
})
