import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { TypeCompiler } from 'typebox/compiler'
import { InvalidValueError } from '../src/errors.ts'
import {
  decimal,
  NEVER_DECIMALS,
  nearDecimals,
  numbers,
  readDecimal,
  spellings,
} from './decimals.ts'

interface DecimalType {
  name: string
  /** The value in hundredths; throws `InvalidValueError`. */
  parse(value: string | number): number
  /** The value of so many hundredths, as text; throws `InvalidValueError`. */
  write(hundredths: number): string
  input: TSchema
  text: TSchema
  /** The limits in hundredths, inclusive. */
  min: number
  max: number
  /** Notations of the limits, with their hundredths. */
  limits: [value: string | number, hundredths: number][]
  justBeyond: (string | number)[]
  /** Beyond the limits or not whole. */
  noHundredths: number[]
  /** A sum of doubles with more than two decimals. */
  inexact: number
  /** How a refusal begins. */
  refusal: RegExp
}

/** The tests of a value object that is a decimal with two places. */
export function testDecimal(type: DecimalType): void {
  const { name, min, max } = type
  const valid = fc.integer({ min, max })
  const input = TypeCompiler.Compile(type.input)
  const text = TypeCompiler.Compile(type.text)

  /** The hundredths of an accepted value, undefined for a refused one. Rethrows other errors. */
  function hundredthsOf(value: string | number): number | undefined {
    try {
      return type.parse(value)
    } catch (error) {
      if (error instanceof InvalidValueError) return undefined
      throw error
    }
  }

  /** Checks a property in so many runs. */
  const always = <T>(of: fc.Arbitrary<T>, numRuns: number, check: (value: T) => void) =>
    fc.assert(fc.property(of, check), { numRuns })

  describe(name, () => {
    test('every valid value formats to two decimals and parses back to the same', () =>
      always(valid, 2_000, (hundredths) => {
        const written = type.write(hundredths)
        expect(written).toBe(decimal(hundredths))
        expect(type.parse(written)).toBe(hundredths)
        expect(text.Check(written)).toBe(true)
      }))

    test('every notation of a valid value is the same, for the parser and the schema', () =>
      always(valid, 2_000, (hundredths) => {
        for (const spelling of [...spellings(hundredths), hundredths / 100]) {
          expect(hundredthsOf(spelling)).toBe(hundredths)
          expect(input.Check(spelling)).toBe(true)
        }
      }))

    test('a number is checked in its shortest form', () => {
      always(numbers, 5_000, (number) => {
        const shortest = Object.is(number, -0) ? '0' : JSON.stringify(number)
        expect(hundredthsOf(number)).toBe(hundredthsOf(shortest))
      })
      expect(hundredthsOf(10.1)).toBe(1010)
      expect(hundredthsOf(type.inexact)).toBeUndefined()
    })

    test('a string is valid exactly when it is a plain decimal within the limits', () =>
      always(nearDecimals, 20_000, (string) => {
        const hundredths = readDecimal(string)
        const fits = hundredths !== undefined && hundredths >= min && hundredths <= max
        expect(hundredthsOf(string)).toBe(fits ? Number(hundredths) : undefined)
        expect(input.Check(string)).toBe(fits)
      }))

    test('the schema accepts every number that the parser accepts', () =>
      always(numbers, 5_000, (number) => {
        if (hundredthsOf(number) !== undefined) expect(input.Check(number)).toBe(true)
      }))

    test.each(type.limits)('the limit %p is accepted', (value, hundredths) => {
      expect(hundredthsOf(value)).toBe(hundredths)
      expect(input.Check(value)).toBe(true)
    })

    test.each([...NEVER_DECIMALS, ...type.justBeyond])('%p is refused', (value) => {
      expect(hundredthsOf(value)).toBeUndefined()
      if (typeof value === 'string') expect(input.Check(value)).toBe(false)
    })

    test.each(type.noHundredths)('%p is no number of hundredths', (hundredths) => {
      expect(() => type.write(hundredths)).toThrow(InvalidValueError)
    })

    test('more digits than any double holds are refused', () => {
      expect(hundredthsOf('1'.repeat(400))).toBeUndefined()
    })

    test('a refusal does not repeat the value', () => {
      expect(() => type.parse('secret-123')).toThrow(type.refusal)
      expect(() => type.parse('secret-123')).not.toThrow(/secret/)
    })
  })
}
