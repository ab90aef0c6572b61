import { BetSum, BetSumInput, BetSumText } from '../src/bet-sum.ts'
import { testDecimal } from './decimal-suite.ts'

const MAX_CENTS = 9_999_999_999

testDecimal({
  name: 'BetSum',
  parse: (value) => BetSum.parse(value).cents,
  write: (cents) => BetSum.fromCents(cents).toString(),
  input: BetSumInput,
  text: BetSumText,
  min: 1,
  max: MAX_CENTS,
  limits: [
    ['0.01', 1],
    [0.01, 1],
    ['99999999.99', MAX_CENTS],
    [99_999_999.99, MAX_CENTS],
  ],
  justBeyond: [
    ...'0.001 0.009 100000000 100000000.00 99999999.999'.split(' '),
    ...[0.001, 100_000_000, 99_999_999.991],
  ],
  noHundredths: [0, -0, -1, 1.5, MAX_CENTS + 1, Number.NaN, Infinity],
  inexact: 0.1 + 0.7,
  refusal: /^must be a decimal above 0, at most 99999999\.99/,
})
