import { Type } from 'typebox'
import { InvalidValueError } from './errors.ts'
import { formatHundredths, parseHundredths } from './hundredths.ts'

const MIN_HUNDREDTHS = 100
const MAX_HUNDREDTHS = 9_999_999

/** Decimal odds on the first team's win: 1.00 to 99999.99, exact to the hundredth. */
export class Coefficient {
  private constructor(readonly hundredths: number) {}

  /** Reads a decimal string or number; throws `InvalidValueError` when it is not a coefficient. */
  static parse(input: string | number): Coefficient {
    return Coefficient.fromHundredths(parseHundredths(input) ?? Number.NaN)
  }

  /** Takes whole hundredths; throws `InvalidValueError` outside 100 … 9999999. */
  static fromHundredths(hundredths: number): Coefficient {
    if (!Number.isInteger(hundredths) || hundredths < MIN_HUNDREDTHS || hundredths > MAX_HUNDREDTHS)
      throw new InvalidValueError(
        'must be a decimal from 1.00 to 99999.99 with at most two decimals',
      )
    return new Coefficient(hundredths)
  }

  toString(): string {
    return formatHundredths(this.hundredths)
  }
}

/** A coefficient in output: a string with two decimals. */
export const CoefficientText = Type.String({
  pattern: '^[1-9][0-9]{0,4}\\.[0-9]{2}$',
  maxLength: 8,
  examples: ['1.50'],
})

/** A coefficient in input. `BetSumInput` explains why there is no `multipleOf`. */
export const CoefficientInput = Type.Union(
  [
    Type.String({ pattern: '^[1-9][0-9]{0,4}(\\.[0-9]{1,2})?$' }),
    Type.Number({ minimum: 1, maximum: 99_999.99 }),
  ],
  {
    description:
      'Decimal odds from 1.00 to 99999.99, at most two decimals; a decimal string or a number.',
    examples: ['1.50'],
  },
)
