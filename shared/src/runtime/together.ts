import { DatabaseUnavailableError } from '../domain/errors.ts'
import { isRefusedForNow, retryRefused } from './database.ts'

/**
 * Runs one statement for many items, which answers one result per item, in their order. What the server refuses in company
 * is tried alone, so that what it refuses alone harms no other. Rejects with `DatabaseUnavailableError` when the
 * outcome is unknown: nothing is sent again then.
 */
export async function togetherOrAlone<Item, Result>(
  items: Item[],
  run: (items: Item[]) => Promise<Result[]>,
): Promise<(Result | Error)[]> {
  try {
    return await retryRefused(() => run(items))
  } catch (error) {
    // Of a deadlock the outcome is known, even when it comes again and again: nothing was done.
    const unknown = error instanceof DatabaseUnavailableError && !isRefusedForNow(error)
    if (unknown || items.length === 1) throw error
    return Promise.all(items.map((item) => alone(item, run)))
  }
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
