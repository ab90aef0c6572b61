import { InvalidValueError } from '@bets/domain/errors'
import type { SportingEvent } from '@bets/domain/event'
import type { LineCopy } from './ports.ts'

interface Deps {
  copy: LineCopy
  /** Called when bets are owed a settlement. */
  onOwed(): void
}

/**
 * Takes changes of the line into the copy; a batch in which an event is at fault is tried event by
 * event. Returns, per event, why it can never be applied, or undefined. Throws everything else: the
 * fault lies with the database or with us, and all may be tried again.
 */
export const applyChanges =
  ({ copy, onOwed }: Deps) =>
  async (events: readonly SportingEvent[]): Promise<(Error | undefined)[]> => {
    const apply = async (batch: readonly SportingEvent[]): Promise<Error | undefined> => {
      try {
        const { owed } = await copy.apply(batch)
        if (owed) onOwed()
        return undefined
      } catch (error) {
        if (error instanceof InvalidValueError) return error
        throw error
      }
    }
    if (events.length === 0) return []
    if ((await apply(events)) === undefined) return events.map(() => undefined)
    const results: (Error | undefined)[] = []
    for (const event of events) results.push(await apply([event]))
    return results
  }
