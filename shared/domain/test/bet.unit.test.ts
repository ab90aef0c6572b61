import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Bet, BetState, betStateFor } from '../src/bet.ts'
import { BetSum } from '../src/bet-sum.ts'
import { Coefficient } from '../src/coefficient.ts'
import { decimal } from './decimals.ts'

const cents = fc.integer({ min: 1, max: 9_999_999_999 })
const hundredths = fc.integer({ min: 100, max: 9_999_999 })
const betOf = (sumCents: number, coefficientHundredths: number) =>
  new Bet(BetSum.fromCents(sumCents), Coefficient.fromHundredths(coefficientHundredths))

/**
 * The product of two decimals in 10,000ths, cut to cents, plus one if half a cent or more remains.
 */
function roundedHalfUp(sum: string, coefficient: string): bigint {
  const tenThousandths = BigInt(sum.replace('.', '')) * BigInt(coefficient.replace('.', ''))
  const [whole, rest] = [tenThousandths / 100n, tenThousandths % 100n]
  return 2n * rest >= 100n ? whole + 1n : whole
}

describe('the payout of a bet', () => {
  test('a winning bet pays sum × coefficient, rounded half up, to the cent', () => {
    fc.assert(
      fc.property(cents, hundredths, (sum, coefficient) => {
        expect(betOf(sum, coefficient).potentialPayoutCents).toBe(
          roundedHalfUp(decimal(sum), decimal(coefficient)),
        )
      }),
      { numRuns: 5_000 },
    )
  })

  test.each([
    [6_955_317_626, 7_422_748, 516_275_699_977_562n],
    [4_488_520_856, 8_068_933, 362_175_740_561_666n],
    [9_891_692_277, 7_112_411, 703_537_809_595_498n],
    [8_440_188_979, 6_439_731, 543_525_466_139_246n],
    [6_182_142_378, 9_116_157, 563_573_805_142_013n],
  ])(
    '%d cents at %d hundredths pay exactly %p cents, where a double is a cent wrong',
    (sum, coefficient, payout) => {
      expect(BigInt(Math.round((sum * coefficient) / 100))).not.toBe(payout)
      expect(betOf(sum, coefficient).potentialPayoutCents).toBe(payout)
    },
  )

  test.each([
    [2, 725, 15n],
    [3, 550, 17n],
    [5, 290, 15n],
    [1, 149, 1n],
    [1, 150, 2n],
    [1, 100, 1n],
    [10_000, 150, 15_000n],
    [9_999_999_999, 9_999_999, 999_999_899_900_000n],
  ])(
    '%d cents at %d hundredths pay %p cents: half a cent goes up, less goes down',
    (sum, coefficient, payout) => {
      expect(betOf(sum, coefficient).potentialPayoutCents).toBe(payout)
    },
  )

  test('PENDING pays nothing yet, WIN the product, LOSE 0, VOID the sum back', () => {
    fc.assert(
      fc.property(cents, hundredths, (sum, coefficient) => {
        const bet = betOf(sum, coefficient)
        expect(bet.payoutCents('PENDING')).toBeNull()
        expect(bet.payoutCents('WIN')).toBe(roundedHalfUp(decimal(sum), decimal(coefficient)))
        expect(bet.payoutCents('LOSE')).toBe(0n)
        expect(bet.payoutCents('VOID')).toBe(BigInt(sum))
      }),
    )
  })

  test('a winning bet never pays less than its sum', () => {
    fc.assert(
      fc.property(cents, hundredths, (sum, coefficient) => {
        expect(betOf(sum, coefficient).potentialPayoutCents >= BigInt(sum)).toBe(true)
      }),
    )
  })
})

describe('the state of a bet', () => {
  test.each([
    ['NEW', 'PENDING'],
    ['FINISHED_WIN', 'WIN'],
    ['FINISHED_LOSE', 'LOSE'],
    ['CANCELLED', 'VOID'],
  ] as const)('while its event is %s it is %s', (event, bet) => {
    expect(betStateFor(event)).toBe(bet)
  })

  test('there are exactly these four', () => {
    const states = BetState.anyOf.map((literal) => literal.const)
    expect(states).toEqual(['PENDING', 'WIN', 'LOSE', 'VOID'])
  })
})
