import { DatabaseUnavailableError } from '@bets/domain/errors'
import { LineUnavailableError } from '../domain/errors.ts'
import { isFresh } from '../domain/freshness.ts'
import { cachedRead } from './cached-read.ts'
import type { BoardRecords, LatestBets, OpenEventsPage } from './ports.ts'

/** How long a result is cached, and how long a service that failed is not asked again. */
const KEEP_MS = 1_000
/** How many open events are counted, and may be shown. */
const EVENTS = 1_000

/** The public view of the bets and the line. */
export interface Board {
  /** The first page. Undefined while line-provider does not answer. */
  events: OpenEventsPage | undefined
  /** Undefined while the database does not answer. */
  latest: LatestBets | undefined
  /** The age up to which the copy of the line counts as fresh, in milliseconds. */
  feedMaxAgeMs: number
  betsTaken: boolean
}

interface Deps {
  listOpenEvents(after: undefined, limit: number): Promise<OpenEventsPage>
  board: BoardRecords
  feedMaxAgeMs: number
}

/**
 * What the board shows. However many people watch, the database is read at most once a second and
 * line-provider as often as `listOpenEvents` does; without viewers, neither. Whatever is
 * unavailable is undefined, so the rest is still shown. The same object is returned until something
 * was read again.
 */
export const readBoard = ({ listOpenEvents, board, feedMaxAgeMs }: Deps) => {
  const readLatest = cachedRead(KEEP_MS, () => unless(DatabaseUnavailableError, board.latest()))
  let lineAwayUntilMs = 0
  let shown: Board | undefined

  // Not cached a second time: coefficients would show later by as much.
  const readEvents = async () => {
    if (performance.now() < lineAwayUntilMs) return undefined
    const events = await unless(LineUnavailableError, listOpenEvents(undefined, EVENTS))
    if (events === undefined) lineAwayUntilMs = performance.now() + KEEP_MS
    return events
  }

  return async (): Promise<Board> => {
    const [events, latest] = await Promise.all([readEvents(), readLatest()])
    if (shown === undefined || shown.events !== events || shown.latest !== latest) {
      const betsTaken = latest !== undefined && isFresh(latest.feedAgeMs, feedMaxAgeMs)
      shown = { events, latest, feedMaxAgeMs, betsTaken }
    }
    return shown
  }
}

/** The result of `work`, or undefined when it fails with an error of this kind. */
async function unless<T>(kind: new () => Error, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof kind) return undefined
    throw error
  }
}
