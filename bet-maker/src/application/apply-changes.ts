import { InvalidValueError, StatementTimeoutError } from '@bets/domain/errors'
import { changeId, type SportingEvent } from '@bets/domain/event'
import type { LineCopy } from './ports.ts'

/** When more events than this time out one by one, the database is slow, not the events. */
const MAX_TIMED_OUT = 3

interface Deps {
  copy: Pick<LineCopy, 'apply'>
  /** Called when bets are owed a settlement. */
  onOwed(): void
}

/**
 * Applies changes of the line to the copy, as hearsay or, with `readSince`, as the truth (see
 * `LineCopy`). A batch that fails because of one of its events, or takes too long, is retried event
 * by event. Returns, per event, why it is not applied, or undefined: an `InvalidValueError` if it
 * never can be, a `StatementTimeoutError` if it alone took too long. Any other error is thrown: the
 * fault lies with the database or with us, and the batch may be retried.
 */
export const applyChanges =
  ({ copy, onOwed }: Deps) =>
  async (events: readonly SportingEvent[], readSince?: string): Promise<(Error | undefined)[]> => {
    let timedOut = 0
    /** Returns why each event is not applied, or why the batch as a whole is not. */
    const apply = async (
      batch: readonly SportingEvent[],
    ): Promise<(Error | undefined)[] | Error> => {
      try {
        const { owed, far } = await copy.apply(batch, readSince)
        if (owed) onOwed()
        return batch.map((event) =>
          far.has(changeId(event))
            ? new InvalidValueError('is far above the known version')
            : undefined,
        )
      } catch (error) {
        if (error instanceof InvalidValueError) return error
        // The first to time out is the whole batch.
        const mayBeTheEvent = events.length > 1 && timedOut++ <= MAX_TIMED_OUT
        if (error instanceof StatementTimeoutError && mayBeTheEvent) return error
        throw error
      }
    }
    if (events.length === 0) return []
    const together = await apply(events)
    if (Array.isArray(together)) return together
    const results: (Error | undefined)[] = []
    for (const event of events) results.push(...[await apply([event])].flat())
    return results
  }
