import { InvalidValueError } from '@bets/domain/errors'
import { formatHundredths, parseHundredths } from '@bets/domain/hundredths'

/** Money to deposit or withdraw: more than 0, at most 90071992547409.91, exact to the cent. */
export class TransferAmount {
  /** The largest that is exact as a number: more than any bet pays. */
  static readonly MAX_CENTS = Number.MAX_SAFE_INTEGER

  /** The largest to be given as a number: beyond, not every cent has a number of its own. */
  static readonly MAX_NUMBER = 2 ** 46 - 0.01

  private constructor(readonly cents: number) {}

  /** Reads a decimal string or number; throws `InvalidValueError` when it is not an amount. */
  static parse(input: string | number): TransferAmount {
    const exact = typeof input === 'string' || input <= TransferAmount.MAX_NUMBER
    const cents = parseHundredths(input) ?? Number.NaN
    if (!exact || !Number.isInteger(cents) || cents < 1 || cents > TransferAmount.MAX_CENTS)
      throw new InvalidValueError(
        'must be a decimal above 0, at most 90071992547409.91, with at most two decimals, ' +
          'or such a number below 2^46',
      )
    return new TransferAmount(cents)
  }

  toString(): string {
    return formatHundredths(this.cents)
  }
}
