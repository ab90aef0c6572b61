import { describe, expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import type { EventState } from '@bets/domain/event'
import fc from 'fast-check'
import { type BetRequest, isSameBet, refusalOf } from '../src/domain/bet-request.ts'
import { EventNotOpenError, OddsChangedError } from '../src/domain/errors.ts'
import { betRequest, knownEvent, NOW_MS } from './fixtures.ts'

const price = Coefficient.parse

describe('the same bet again', () => {
  const first = betRequest({ seen: price('1.50'), acceptOdds: 'exact', key: 'k', client: 'c' })

  test('is one with equal event, sum, coefficient and accept_odds', () => {
    expect(isSameBet(first, { ...first })).toBe(true)
    expect(isSameBet(betRequest(), betRequest())).toBe(true)
  })

  test('may spell its decimals in another way', () => {
    expect(isSameBet(first, { ...first, sum: BetSum.parse(12.5), seen: price('1.5') })).toBe(true)
  })

  test.each([
    ['event', { eventId: 'm-2' }],
    ['sum', { sum: BetSum.parse('12.51') }],
    ['coefficient', { seen: price('1.51') }],
    ['presence of a coefficient', { seen: undefined }],
    ['accept_odds', { acceptOdds: 'higher' as const }],
  ])('is not one with another %s', (_field, change) => {
    const other = betRequest({ ...first, ...change })
    expect(isSameBet(first, other)).toBe(false)
    expect(isSameBet(other, first)).toBe(false)
  })
})

describe('an event takes no bets', () => {
  const reasonOf = (changes: Parameters<typeof knownEvent>[0], nowMs = NOW_MS) => {
    const refusal = refusalOf(betRequest(), knownEvent(changes), nowMs)
    return refusal instanceof EventNotOpenError ? refusal.extras.reason : refusal
  }

  test('while NEW, not suspended and before its deadline it does', () => {
    expect(reasonOf({})).toBeUndefined()
  })

  test.each(['FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED'] as EventState[])(
    'once it is %s',
    (state) => {
      expect(reasonOf({ state })).toBe('ended')
    },
  )

  test('while it is suspended', () => {
    expect(reasonOf({ suspended: true })).toBe('suspended')
  })

  test('from the millisecond of its deadline on', () => {
    expect(reasonOf({ deadline: 1_000 }, 999_999)).toBeUndefined()
    expect(reasonOf({ deadline: 1_000 }, 1_000_000)).toBe('deadline_passed')
    expect(reasonOf({ deadline: 1_000 }, 1_000_001)).toBe('deadline_passed')
  })

  test('for the first reason that holds: ended, suspended, deadline_passed', () => {
    expect(reasonOf({ state: 'CANCELLED', suspended: true, deadline: 0 })).toBe('ended')
    expect(reasonOf({ suspended: true, deadline: 0 })).toBe('suspended')
    expect(reasonOf({ deadline: 0 })).toBe('deadline_passed')
  })

  test('is said before that its price has moved', () => {
    const request = betRequest({ seen: price('2.00'), acceptOdds: 'exact' })
    expect(refusalOf(request, knownEvent({ suspended: true }), NOW_MS)).toBeInstanceOf(
      EventNotOpenError,
    )
    expect(refusalOf(request, knownEvent(), NOW_MS)).toBeInstanceOf(OddsChangedError)
  })
})

describe('a price that has moved', () => {
  const takes = (
    acceptOdds: BetRequest['acceptOdds'],
    seen: Coefficient | undefined,
    now: Coefficient,
  ) =>
    refusalOf(betRequest({ acceptOdds, seen }), knownEvent({ coefficient: now }), NOW_MS) ===
    undefined
  const hundredths = fc.integer({ min: 100, max: 9_999_999 })
  // Neighbours, where a rule that compares wrongly shows.
  const pairs = fc.oneof(
    fc.tuple(hundredths, hundredths),
    hundredths.map((value) => [value, value] as const),
    fc.integer({ min: 100, max: 9_999_998 }).map((value) => [value, value + 1] as const),
    fc.integer({ min: 100, max: 9_999_998 }).map((value) => [value + 1, value] as const),
  )

  test('exact takes the same price only, higher that and any above it, any takes all', () => {
    fc.assert(
      fc.property(pairs, ([seen, now]) => {
        const prices = [Coefficient.fromHundredths(seen), Coefficient.fromHundredths(now)] as const
        expect(takes('exact', ...prices)).toBe(now === seen)
        expect(takes('higher', ...prices)).toBe(now >= seen)
        expect(takes('any', ...prices)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('prices are compared as numbers, not as text', () => {
    expect(takes('higher', price('9.00'), price('10.00'))).toBe(true)
    expect(takes('higher', price('10.00'), price('9.00'))).toBe(false)
  })

  test('without a price seen, any takes every price', () => {
    expect(takes('any', undefined, price('99999.99'))).toBe(true)
  })

  test('is refused with the coefficient and the version as they are now', () => {
    const request = betRequest({ seen: price('1.40'), acceptOdds: 'exact' })
    const refusal = refusalOf(
      request,
      knownEvent({ coefficient: price('1.5'), version: 7 }),
      NOW_MS,
    )
    expect(refusal?.extras).toEqual({ coefficient: '1.50', event_version: 7 })
  })
})
