import { describe, expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import { isSameBet } from '../src/domain/bet-request.ts'
import { betRequest } from './fixtures.ts'

const seen = Coefficient.parse

describe('the same bet again', () => {
  const first = betRequest({ seen: seen('1.50'), acceptOdds: 'exact', key: 'k', client: 'c' })

  test('has an equal event, sum, coefficient and accept_odds', () => {
    expect(isSameBet(first, { ...first })).toBe(true)
    expect(isSameBet(betRequest(), betRequest())).toBe(true)
  })

  test('may write its decimals differently', () => {
    expect(isSameBet(first, { ...first, sum: BetSum.parse(12.5), seen: seen('1.5') })).toBe(true)
  })

  test.each([
    ['event', { eventId: 'm-2' }],
    ['sum', { sum: BetSum.parse('12.51') }],
    ['coefficient', { seen: seen('1.51') }],
    ['presence of a coefficient', { seen: undefined }],
    ['accept_odds', { acceptOdds: 'higher' as const }],
  ])('differs with another %s', (_field, change) => {
    const other = betRequest({ ...first, ...change })
    expect(isSameBet(first, other)).toBe(false)
    expect(isSameBet(other, first)).toBe(false)
  })
})
