import { DatabaseUnavailableError } from '@bets/domain/errors'
import { isRefusedForNow, retryRefused, sqlState } from './database.ts'

/**
 * Runs one statement for many items; it returns one result per item, in order. If the server
 * rejects the batch, each item is run on its own, so that a bad item affects no other. Any other
 * failure rejects: the statement may have taken effect, and running it again could do everything
 * twice.
 */
export async function runBatchOrSingly<Item, Result>(
  items: Item[],
  run: (items: Item[]) => Promise<Result[]>,
): Promise<(Result | Error)[]> {
  try {
    return await retryRefused(() => run(items))
  } catch (error) {
    if (items.length === 1 || !wasRefused(error)) throw error
    return Promise.all(items.map((item) => runSingly(item, run)))
  }
}

/**
 * Whether the server reported that it did nothing, for a reason that one of the items may have
 * caused.
 */
function wasRefused(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return isRefusedForNow(error)
  return sqlState(error) !== undefined
}

async function runSingly<Item, Result>(
  item: Item,
  run: (items: Item[]) => Promise<Result[]>,
): Promise<Result | Error> {
  try {
    const [result] = await retryRefused(() => run([item]))
    return result as Result
  } catch (error) {
    return error as Error
  }
}
