/**
 * Exact decimals with at most two places, kept as whole hundredths (cents of money, hundredths of
 * odds). Every hundredth this project knows is below 2^53, so a number is exact; products are not,
 * see `Bet.potentialPayoutCents`.
 */

const PLAIN_DECIMAL = /^(?:0|[1-9][0-9]*)(?:\.[0-9]{1,2})?$/

/**
 * Reads a plain decimal: digits, at most two after the point, no sign, exponent, space or leading
 * zero. A number is judged by its shortest form, so `0.1` is taken and `0.1 + 0.2` is not. Returns
 * undefined for everything else; a value too large for a double comes back as `Infinity`.
 */
export function parseHundredths(input: string | number): number | undefined {
  const text = String(input)
  if (!PLAIN_DECIMAL.test(text)) return undefined
  const [whole = '', fraction = ''] = text.split('.')
  return Number(whole + fraction.padEnd(2, '0'))
}

/** Writes hundredths with exactly two decimals: `150` is `"1.50"`. */
export function formatHundredths(hundredths: number | bigint): string {
  const digits = String(hundredths).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}
