/**
 * Exact decimals with at most two places, stored as whole hundredths (cents of money, hundredths of
 * a coefficient). All of them are below 2^53 and therefore exact as numbers. Products are not: see
 * `Bet.potentialPayoutCents`.
 */

const PLAIN_DECIMAL = /^(?:0|[1-9][0-9]*)(?:\.[0-9]{1,2})?$/

/**
 * Parses a plain decimal: digits, at most two after the point, no sign, exponent, space or leading
 * zero. A number is checked in its shortest form, so `0.1` is valid and `0.1 + 0.2` is not. Returns
 * undefined for everything else, and `Infinity` for a value too large for a double.
 */
export function parseHundredths(input: string | number): number | undefined {
  const text = String(input)
  if (!PLAIN_DECIMAL.test(text)) return undefined
  const [whole = '', fraction = ''] = text.split('.')
  return Number(whole + fraction.padEnd(2, '0'))
}

/** Formats hundredths with exactly two decimals: `150` becomes `"1.50"`, `-5` `"-0.05"`. */
export function formatHundredths(hundredths: number | bigint): string {
  const sign = hundredths < 0 ? '-' : ''
  const digits = String(hundredths).slice(sign.length).padStart(3, '0')
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
