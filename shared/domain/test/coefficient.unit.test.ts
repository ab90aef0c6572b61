import { Coefficient, CoefficientInput, CoefficientText } from '../src/coefficient.ts'
import { testDecimal } from './decimal-suite.ts'

const MAX_HUNDREDTHS = 9_999_999

testDecimal({
  name: 'Coefficient',
  parse: (value) => Coefficient.parse(value).hundredths,
  write: (hundredths) => Coefficient.fromHundredths(hundredths).toString(),
  input: CoefficientInput,
  text: CoefficientText,
  min: 100,
  max: MAX_HUNDREDTHS,
  limits: [
    ['1', 100],
    ['1.0', 100],
    ['1.00', 100],
    [1, 100],
    [1.01, 101],
    ['99999.99', MAX_HUNDREDTHS],
    [99_999.99, MAX_HUNDREDTHS],
  ],
  justBeyond: [
    ...'0.99 0.9 0.999 100000 100000.00 99999.999'.split(' '),
    ...[0.99, 100_000, 99_999.991],
  ],
  noHundredths: [0, -0, -100, 99, 100.5, MAX_HUNDREDTHS + 1, Number.NaN, Infinity],
  inexact: 1.1 + 2.2,
  refusal: /^must be a decimal from 1\.00 to 99999\.99/,
})
