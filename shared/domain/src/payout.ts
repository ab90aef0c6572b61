/**
 * The payout of a winning bet in cents: `sum × coefficient`, rounded half up. In BigInt, because
 * the product of a large stake and a large coefficient exceeds 2^53, where one product in twenty
 * would be a cent off as a number. Browsers run this file on the board, so it imports nothing.
 */
export function winningPayoutCents(sumCents: bigint, coefficientHundredths: bigint): bigint {
  return (sumCents * coefficientHundredths + 50n) / 100n
}
