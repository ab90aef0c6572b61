import { DatabaseUnavailableError } from '@bets/domain/errors'
import { isRefusedForNow, retryRefused, sqlState } from './database.ts'

/**
 * Runs one statement for many items, which answers one result per item, in their order. What the
 * server refuses in company is tried alone, so that what it refuses alone harms no other. Whatever
 * else goes wrong rejects: the statement may have been carried out, and bets without a key would be
 * placed twice.
 */
export async function runBatchOrSingly<Item, Result>(
  items: Item[],
  run: (items: Item[]) => Promise<Result[]>,
): Promise<(Result | Error)[]> {
  try {
    return await retryRefused(() => run(items))
  } catch (error) {
    if (items.length === 1 || !wasRefused(error)) throw error
    return Promise.all(items.map((item) => alone(item, run)))
  }
}

/**
 * Whether the server has said that it did nothing, for a reason that may lie with one of the items.
 */
function wasRefused(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return isRefusedForNow(error)
  return sqlState(error) !== undefined
}

async function alone<Item, Result>(
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
