import { ValidationFailedError } from '@bets/platform/http/validation'

const MAX_ID = 2n ** 63n - 1n

/** Checks an id or a cursor: decimal text up to 2^63 − 1, which no JavaScript number holds. */
export function checkRowId(text: string, path: string): void {
  if (!/^[1-9][0-9]{0,18}$/.test(text) || BigInt(text) > MAX_ID)
    throw new ValidationFailedError([
      { path, message: 'must be a whole number from 1 to 2^63 - 1' },
    ])
}
