import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { TypeCompiler } from 'typebox/compiler'
import { BetSum, BetSumInput, BetSumText } from '../src/bet-sum.ts'
import { InvalidValueError } from '../src/errors.ts'
import {
  decimal,
  NEVER_DECIMALS,
  nearDecimals,
  numbers,
  readDecimal,
  spellings,
} from './decimals.ts'

const MAX_CENTS = 9_999_999_999
const validCents = fc.integer({ min: 1, max: MAX_CENTS })
const input = TypeCompiler.Compile(BetSumInput)
const text = TypeCompiler.Compile(BetSumText)

/** The cents of an accepted sum, undefined for a refused one. Other errors are rethrown. */
function centsOf(value: string | number): number | undefined {
  try {
    return BetSum.parse(value).cents
  } catch (error) {
    if (error instanceof InvalidValueError) return undefined
    throw error
  }
}

describe('BetSum', () => {
  test('every valid sum formats to two decimals and parses back to the same sum', () => {
    fc.assert(
      fc.property(validCents, (cents) => {
        const written = BetSum.fromCents(cents).toString()
        expect(written).toBe(decimal(cents))
        expect(BetSum.parse(written).cents).toBe(cents)
        expect(text.Check(written)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('every notation of a valid sum is the same sum, for the parser and the schema', () => {
    fc.assert(
      fc.property(validCents, (cents) => {
        for (const spelling of spellings(cents)) {
          expect(centsOf(spelling)).toBe(cents)
          expect(input.Check(spelling)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('a number with at most two decimals is parsed exactly', () => {
    fc.assert(
      fc.property(validCents, (cents) => {
        expect(centsOf(cents / 100)).toBe(cents)
        expect(input.Check(cents / 100)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a number is checked in its shortest form', () => {
    fc.assert(
      fc.property(numbers, (number) => {
        expect(centsOf(number)).toBe(centsOf(Object.is(number, -0) ? '0' : JSON.stringify(number)))
      }),
      { numRuns: 5_000 },
    )
    expect(centsOf(10.1)).toBe(1010)
    expect(centsOf(0.1 + 0.7)).toBeUndefined()
  })

  test('a string is valid exactly when it is a plain decimal within the limits', () => {
    fc.assert(
      fc.property(nearDecimals, (string) => {
        const cents = readDecimal(string)
        const fits = cents !== undefined && cents >= 1n && cents <= BigInt(MAX_CENTS)
        expect(centsOf(string)).toBe(fits ? Number(cents) : undefined)
      }),
      { numRuns: 20_000 },
    )
  })

  test('the schema accepts exactly the strings that the parser accepts', () => {
    fc.assert(
      fc.property(nearDecimals, (string) => {
        expect(input.Check(string)).toBe(centsOf(string) !== undefined)
      }),
      { numRuns: 20_000 },
    )
  })

  test('the schema accepts every number that the parser accepts', () => {
    fc.assert(
      fc.property(numbers, (number) => {
        if (centsOf(number) !== undefined) expect(input.Check(number)).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  test.each([...NEVER_DECIMALS])('%p is refused', (value) => {
    expect(centsOf(value)).toBeUndefined()
    if (typeof value === 'string') expect(input.Check(value)).toBe(false)
  })

  test.each([
    ['0.01', 1],
    [0.01, 1],
    ['99999999.99', MAX_CENTS],
    [99_999_999.99, MAX_CENTS],
  ])('the limit %p is accepted', (value, cents) => {
    expect(centsOf(value)).toBe(cents)
    expect(input.Check(value)).toBe(true)
  })

  test.each([
    '0.001',
    '0.009',
    0.001,
    '100000000',
    '100000000.00',
    100_000_000,
    '99999999.999',
    99_999_999.991,
  ])('just beyond the limits, %p is refused', (value) => {
    expect(centsOf(value)).toBeUndefined()
    if (typeof value === 'string') expect(input.Check(value)).toBe(false)
  })

  test.each([0, -0, -1, 1.5, MAX_CENTS + 1, Number.NaN, Infinity])(
    '%p is no number of cents',
    (cents) => {
      expect(() => BetSum.fromCents(cents)).toThrow(InvalidValueError)
    },
  )

  test('more digits than any double holds are refused', () => {
    expect(centsOf('1'.repeat(400))).toBeUndefined()
  })

  test('a refusal does not repeat the value', () => {
    expect(() => BetSum.parse('secret-123')).toThrow(
      /^must be a decimal above 0, at most 99999999\.99/,
    )
    expect(() => BetSum.parse('secret-123')).not.toThrow(/secret/)
  })
})
