import fc from 'fast-check'

/** Writes hundredths as a decimal with two places, digit by digit, without the code under test. */
export function decimal(hundredths: number): string {
  return `${Math.trunc(hundredths / 100)}.${Math.trunc((hundredths % 100) / 10)}${hundredths % 10}`
}

/** Every plain decimal with this value in hundredths: `150` is "1.50" and "1.5". */
export function spellings(hundredths: number): string[] {
  const full = decimal(hundredths)
  const short = hundredths % 10 === 0 ? [full.slice(0, -1)] : []
  const whole = hundredths % 100 === 0 ? [full.slice(0, -3)] : []
  return [full, ...short, ...whole]
}

/** Reads the grammar character by character and in BigInt; undefined for anything else. */
export function readDecimal(text: string): bigint | undefined {
  const [whole = '', fraction, ...more] = text.split('.')
  const digits = (part: string) =>
    part !== '' && [...part].every((char) => '0123456789'.includes(char))
  if (more.length > 0 || !digits(whole) || (whole.length > 1 && whole.startsWith('0')))
    return undefined
  if (fraction === undefined) return BigInt(whole) * 100n
  if (!digits(fraction) || fraction.length > 2) return undefined
  return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'))
}

const DIGITS = '0123456789'
const LOOKALIKES = [...DIGITS, ...'..,+-eEx_ \t\n\0٣５n%']
const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...DIGITS), minLength, maxLength })

const wellFormed = fc
  .tuple(
    fc.oneof(
      fc.constant('0'),
      fc.tuple(fc.constantFrom(...'123456789'), digits(0, 9)).map((parts) => parts.join('')),
    ),
    fc.option(digits(1, 2), { nil: undefined }),
  )
  .map(([whole, fraction]) => (fraction === undefined ? whole : `${whole}.${fraction}`))

/** One typo: a character inserted, deleted or replaced. */
const slip = fc.record({
  at: fc.nat(14),
  remove: fc.nat(1),
  insert: fc.option(fc.constantFrom(...LOOKALIKES), { nil: '' }),
})

/** Decimals of the grammar, and strings a typo or two away from it. */
export const nearDecimals = fc
  .tuple(wellFormed, fc.array(slip, { maxLength: 2 }))
  .map(([text, slips]) =>
    slips.reduce(
      (mutated, { at, remove, insert }) =>
        mutated.slice(0, at) + insert + mutated.slice(at + remove),
      text,
    ),
  )

/** JSON numbers of every kind: plain decimals, too many places, inexact sums, and any double. */
export const numbers = fc.oneof(
  fc.integer({ min: -200, max: 10_000_000_100 }).map((hundredths) => hundredths / 100),
  fc.integer({ min: 0, max: 100_000_000_000 }).map((thousandths) => thousandths / 1000),
  fc.tuple(fc.nat(10_000), fc.nat(10_000)).map(([a, b]) => a / 100 + b / 100),
  fc.double(),
)

/** Not a plain positive decimal, whatever the limits. */
export const NEVER_DECIMALS: readonly (string | number)[] = [
  ...'0 0.0 0.00 -0 -1 +1 -12.50 1.234 1.000 1e2 1E2 0x10 1,00 01.00 00.50 .50 5. 1.5.0'.split(' '),
  ...'1_000 NaN Infinity -Infinity null true ٥ ５ 0.1e1 1n'.split(' '),
  ...['', ' 5 ', '5 ', ' 5', '5\n', '1 000', '5\0'],
  ...[0, -0, -1, -0.01, -12.5, 1.234, 1.005, 0.1 + 0.2, 1e21, 1e-7, 5e-324],
  ...[Number.NaN, Infinity, -Infinity],
]
