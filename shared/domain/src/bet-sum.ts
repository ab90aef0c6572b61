import { Type } from 'typebox'
import { InvalidValueError } from './errors.ts'
import { formatHundredths, parseHundredths } from './hundredths.ts'

/** A stake: more than 0, at most 99999999.99, exact to the cent. */
export class BetSum {
  static readonly MAX_CENTS = 9_999_999_999

  private constructor(readonly cents: number) {}

  /** Reads a decimal string or number; throws `InvalidValueError` when it is not a stake. */
  static parse(input: string | number): BetSum {
    return BetSum.fromCents(parseHundredths(input) ?? Number.NaN)
  }

  /** Takes whole cents; throws `InvalidValueError` outside 1 … 9999999999. */
  static fromCents(cents: number): BetSum {
    if (!Number.isInteger(cents) || cents < 1 || cents > BetSum.MAX_CENTS)
      throw new InvalidValueError(
        'must be a decimal above 0, at most 99999999.99, with at most two decimals',
      )
    return new BetSum(cents)
  }

  toString(): string {
    return formatHundredths(this.cents)
  }
}

/** A stake in output: a string with two decimals. */
export const BetSumText = Type.String({
  pattern: '^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$',
  examples: ['12.50'],
})

/**
 * A stake in input. The patterns cover what JSON Schema can express. `BetSum.parse` checks that a
 * number has at most two decimals, because `multipleOf: 0.01` fails for 10.10 in floating point.
 */
export const BetSumInput = Type.Union(
  [
    Type.String({
      pattern: '^([1-9][0-9]{0,7}(\\.[0-9]{1,2})?|0\\.(0[1-9]|[1-9][0-9]?))$',
    }),
    Type.Number({ minimum: 0.01, maximum: 99_999_999.99 }),
  ],
  {
    description:
      'The stake: a decimal string or a number above 0, at most 99999999.99, with at most ' +
      'two decimals.',
    examples: ['12.50'],
  },
)
