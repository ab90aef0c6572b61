import type { LineEvent } from '@bets/domain/event'
import type { Log } from '@bets/domain/log'
import type { FeedSync, FeedSyncs, Line } from './ports.ts'

interface Deps {
  passes: FeedSyncs
  line: Pick<Line, 'changes'>
  applyChanges(events: readonly LineEvent[]): Promise<(Error | undefined)[]>
  log: Log
}

/** How many events a pass takes in between two lines of its progress. */
const PROGRESS_EVERY = 10_000

/**
 * Reads line-provider's change feed from where the latest pass stopped to its end, and applies it.
 * Only then is it stored that everything committed before the pass began is known: this is what
 * opens the gate for bets. Any number of workers may do it at once; stopped between two pages, it
 * is begun again. An event that cannot be applied leaves the pass unfinished.
 *
 * A restored line has versions above all that were said before; what is still on its way from the
 * one before it is void from the first page on. A line with a lower base than the one known is none
 * to follow: the pass fails.
 */
export const syncFeed = ({ passes, line, applyChanges, log }: Deps) => {
  const suspendUnlisted = async (noted: FeedSync): Promise<void> => {
    let after: string | undefined = ''
    while (after !== undefined) after = await passes.suspendUnlisted(noted, after)
  }

  /** Returns the base of the line's versions, after what a page says of it. */
  const follow = async (known: number, said = known): Promise<number> => {
    if (said < known)
      throw new Error(
        `The line's versions begin at ${said}, those known at ${known}: it was put back without the steps of a restore.`,
      )
    if (said > known) {
      log.warn('the line was restored, what was said before is void', { versionBase: said })
      await passes.raiseVersionBase(said)
    }
    return said
  }

  return async (stop?: AbortSignal): Promise<'complete' | 'overtaken' | 'started_over'> => {
    const noted = await passes.note()
    const fromBeginning = noted.cursor === undefined
    let { cursor, versionBase } = noted
    let read = 0
    for (;;) {
      stop?.throwIfAborted()
      const page = await line.changes(cursor)
      if (page === 'expired') {
        log.warn('the feed is another one, starting it over')
        await passes.startOver(noted)
        return 'started_over'
      }
      versionBase = await follow(versionBase, page.versionBase)
      const failure = (await applyChanges(page.items)).find((error) => error !== undefined)
      if (failure !== undefined) throw failure
      if (fromBeginning && page.items.length > 0)
        await passes.markListed(
          noted,
          page.items.map(({ event_id }) => event_id),
        )
      cursor = page.cursor
      read += page.items.length
      if (page.last) break
      if (read % PROGRESS_EVERY < page.items.length) log.info('reading the feed', { events: read })
    }
    if (fromBeginning) await suspendUnlisted(noted)
    const stored = await passes.complete(noted, cursor)
    if (fromBeginning && stored) log.info('the whole line is known', { events: read })
    return stored ? 'complete' : 'overtaken'
  }
}
