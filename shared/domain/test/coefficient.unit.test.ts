import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { TypeCompiler } from 'typebox/compiler'
import { Coefficient, CoefficientInput, CoefficientText } from '../src/coefficient.ts'
import { InvalidValueError } from '../src/errors.ts'
import {
  decimal,
  NEVER_DECIMALS,
  nearDecimals,
  numbers,
  readDecimal,
  spellings,
} from './decimals.ts'

const MIN_HUNDREDTHS = 100
const MAX_HUNDREDTHS = 9_999_999
const valid = fc.integer({ min: MIN_HUNDREDTHS, max: MAX_HUNDREDTHS })
const input = TypeCompiler.Compile(CoefficientInput)
const text = TypeCompiler.Compile(CoefficientText)

/**
 * The hundredths of an accepted coefficient, undefined for a refused one. Other errors are
 * rethrown.
 */
function hundredthsOf(value: string | number): number | undefined {
  try {
    return Coefficient.parse(value).hundredths
  } catch (error) {
    if (error instanceof InvalidValueError) return undefined
    throw error
  }
}

describe('Coefficient', () => {
  test('every valid coefficient formats to two decimals and parses back the same', () => {
    fc.assert(
      fc.property(valid, (hundredths) => {
        const written = Coefficient.fromHundredths(hundredths).toString()
        expect(written).toBe(decimal(hundredths))
        expect(Coefficient.parse(written).hundredths).toBe(hundredths)
        expect(text.Check(written)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('every notation of a valid coefficient is the same, for parser and schema', () => {
    fc.assert(
      fc.property(valid, (hundredths) => {
        for (const spelling of spellings(hundredths)) {
          expect(hundredthsOf(spelling)).toBe(hundredths)
          expect(input.Check(spelling)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('a number with at most two decimals is parsed exactly', () => {
    fc.assert(
      fc.property(valid, (hundredths) => {
        expect(hundredthsOf(hundredths / 100)).toBe(hundredths)
        expect(input.Check(hundredths / 100)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a number is checked in its shortest form', () => {
    fc.assert(
      fc.property(numbers, (number) => {
        expect(hundredthsOf(number)).toBe(
          hundredthsOf(Object.is(number, -0) ? '0' : JSON.stringify(number)),
        )
      }),
      { numRuns: 5_000 },
    )
    expect(hundredthsOf(10.1)).toBe(1010)
    expect(hundredthsOf(1.1 + 2.2)).toBeUndefined()
  })

  test('a string is valid exactly when it is a plain decimal within the limits', () => {
    fc.assert(
      fc.property(nearDecimals, (string) => {
        const hundredths = readDecimal(string)
        const fits =
          hundredths !== undefined &&
          hundredths >= BigInt(MIN_HUNDREDTHS) &&
          hundredths <= BigInt(MAX_HUNDREDTHS)
        expect(hundredthsOf(string)).toBe(fits ? Number(hundredths) : undefined)
      }),
      { numRuns: 20_000 },
    )
  })

  test('the schema accepts exactly the strings that the parser accepts', () => {
    fc.assert(
      fc.property(nearDecimals, (string) => {
        expect(input.Check(string)).toBe(hundredthsOf(string) !== undefined)
      }),
      { numRuns: 20_000 },
    )
  })

  test('the schema accepts every number that the parser accepts', () => {
    fc.assert(
      fc.property(numbers, (number) => {
        if (hundredthsOf(number) !== undefined) expect(input.Check(number)).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  test.each([...NEVER_DECIMALS])('%p is refused', (value) => {
    expect(hundredthsOf(value)).toBeUndefined()
    if (typeof value === 'string') expect(input.Check(value)).toBe(false)
  })

  test.each([
    ['1', 100],
    ['1.0', 100],
    ['1.00', 100],
    [1, 100],
    [1.01, 101],
    ['99999.99', MAX_HUNDREDTHS],
    [99_999.99, MAX_HUNDREDTHS],
  ])('the limit %p is accepted', (value, hundredths) => {
    expect(hundredthsOf(value)).toBe(hundredths)
    expect(input.Check(value)).toBe(true)
  })

  test.each([
    '0.99',
    '0.9',
    0.99,
    '0.999',
    '100000',
    '100000.00',
    100_000,
    '99999.999',
    99_999.991,
  ])('just beyond the limits, %p is refused', (value) => {
    expect(hundredthsOf(value)).toBeUndefined()
    if (typeof value === 'string') expect(input.Check(value)).toBe(false)
  })

  test.each([0, -0, -100, 99, 100.5, MAX_HUNDREDTHS + 1, Number.NaN, Infinity])(
    '%p is no number of hundredths of a coefficient',
    (hundredths) => {
      expect(() => Coefficient.fromHundredths(hundredths)).toThrow(InvalidValueError)
    },
  )

  test('more digits than any double holds are refused', () => {
    expect(hundredthsOf('1'.repeat(400))).toBeUndefined()
  })

  test('a refusal does not repeat the value', () => {
    expect(() => Coefficient.parse('secret-123')).toThrow(
      /^must be a decimal from 1\.00 to 99999\.99/,
    )
    expect(() => Coefficient.parse('secret-123')).not.toThrow(/secret/)
  })
})
