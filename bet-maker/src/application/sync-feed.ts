import type { SportingEvent } from '@bets/domain/event'
import { VERSION_BASE_MAX } from '@bets/domain/feed'
import type { Log } from '@bets/domain/log'
import type { FeedSync, FeedSyncs } from './feed-ports.ts'
import type { FeedPage, Line } from './ports.ts'

interface Deps {
  syncs: FeedSyncs
  line: Pick<Line, 'changes'>
  applyChanges(events: readonly SportingEvent[], readSince: string): Promise<(Error | undefined)[]>
  /**
   * Replaces what messages had brought before the sync began and it has not listed. `unlisted` are
   * the versions that it should have.
   */
  checkHearsay(sync: FeedSync, unlisted: ReadonlyMap<string, number>): Promise<void>
  log: Log
}

type SyncOutcome = 'complete' | 'overtaken' | 'started_over' | 'clock_set'

/** How often a sync from the beginning reads line_db's clock once more. */
const MORE_READINGS = 5

/** A long feed sync logs its progress once per this many events. */
const PROGRESS_EVERY = 10_000

/**
 * One feed sync: reads line-provider's change feed from where the latest one stopped to its end and
 * applies every event. Only then does it store that the copy holds everything committed before the
 * sync began, which opens the freshness gate. Any number of workers may sync at once. A sync that
 * is stopped between two pages starts again. An event that cannot be applied leaves it incomplete.
 *
 * A restored line numbers its versions above everything the old one ever sent, so from the first
 * page on, whatever is still under way from the old line is void. A feed with a lower base than the
 * one known is refused, and the sync fails.
 *
 * Each sync also compares one page of the whole feed with the copy, and the next sync the page
 * after it: whatever else has made the copy false is found in time, at a cost that does not grow
 * with the line.
 *
 * The first page also tells how far the clocks of the two databases are apart, before its events
 * are applied. After `clock_set` and `started_over` another sync is due at once.
 */
export const syncFeed = ({ syncs, line, applyChanges, checkHearsay, log }: Deps) => {
  /** How far the whole feed has been compared. */
  let compared: string | undefined

  const suspendUnlisted = async (sync: FeedSync): Promise<void> => {
    let after: string | undefined = ''
    while (after !== undefined) after = await syncs.suspendUnlisted(sync, after)
  }

  /** Returns the base of the line's versions, after what a page says of it. */
  const follow = async (known: number, said = known): Promise<number> => {
    if (said > VERSION_BASE_MAX)
      throw new Error(
        `The line's versions start at ${said}, too close to the highest number that they can ` +
          `reach; at most ${VERSION_BASE_MAX} is accepted.`,
      )
    if (said < known)
      throw new Error(
        `The line's versions start at ${said}, but ${known} is known: ` +
          'the database was put back without `make restore`.',
      )
    if (said > known) {
      log.warn('line restored, ignoring its earlier versions', { versionBase: said })
      await syncs.raiseVersionBase(said)
    }
    return said
  }

  const applyPage = async (sync: FeedSync, { items }: FeedPage): Promise<void> => {
    const failure = (await applyChanges(items, sync.beganAt)).find((error) => error !== undefined)
    if (failure !== undefined) throw failure
  }

  /** Answers false when one of the clocks was set. */
  const measureClock = async (sync: FeedSync, lineTime: string | undefined): Promise<boolean> => {
    if (lineTime === undefined || (await syncs.measureLineClock(sync, lineTime))) return true
    log.warn("the clock of line_db or bet_db was set: bets placed after an event's end stand now")
    return false
  }

  /** The first answers of a process are slow: the quickest of several tells the distance best. */
  const measureAgain = async (sync: FeedSync, cursor: string): Promise<void> => {
    for (let reading = 0; reading < MORE_READINGS; reading++) {
      const page = await line.changes(cursor)
      if (page !== 'expired') await measureClock(sync, page.lineTime)
    }
  }

  /** Compares the next page of the whole feed. */
  const compare = async (sync: FeedSync, versionBase: number): Promise<void> => {
    const page = await line.changes(compared)
    compared = undefined
    if (page === 'expired') return
    await follow(versionBase, page.versionBase)
    // A second reading: the more there are, the better the distance is known.
    await measureClock(sync, page.lineTime)
    await applyPage(sync, page)
    if (!page.last) compared = page.cursor
  }

  return async (stop?: AbortSignal): Promise<SyncOutcome> => {
    const sync = await syncs.begin()
    const fromBeginning = sync.cursor === undefined
    let { cursor, versionBase } = sync
    const unlisted = new Map(sync.heard)
    let read = 0
    let first: { lineTime: string | undefined; clocksAgree: boolean } | undefined
    for (;;) {
      stop?.throwIfAborted()
      const page = await line.changes(cursor)
      if (page === 'expired') {
        log.warn('feed id changed, starting from the beginning')
        await syncs.startOver(sync)
        return 'started_over'
      }
      first ??= {
        lineTime: page.lineTime,
        clocksAgree: await measureClock(sync, page.lineTime),
      }
      versionBase = await follow(versionBase, page.versionBase)
      await applyPage(sync, page)
      for (const { eventId, version } of page.items)
        if (version >= (unlisted.get(eventId) ?? version)) unlisted.delete(eventId)
      if (fromBeginning && page.items.length > 0)
        await syncs.markListed(
          sync,
          page.items.map(({ eventId }) => eventId),
        )
      cursor = page.cursor
      read += page.items.length
      if (page.last) break
      if (read % PROGRESS_EVERY < page.items.length) log.info('syncing the feed', { events: read })
    }
    await checkHearsay(sync, unlisted)
    if (fromBeginning) await suspendUnlisted(sync)
    const stored = await syncs.complete(sync, cursor, first.lineTime)
    if (fromBeginning && stored) log.info('first feed sync complete', { events: read })
    if (!fromBeginning) await compare(sync, versionBase)
    else if (first.lineTime !== undefined) await measureAgain(sync, cursor)
    if (!first.clocksAgree) return 'clock_set'
    return stored ? 'complete' : 'overtaken'
  }
}
