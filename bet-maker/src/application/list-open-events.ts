import type { OpenEventPosition } from '@bets/domain/open-events'
import { cachedRead } from './cached-read.ts'
import { shareInFlight } from './in-flight.ts'
import type { Line, OpenEventsPage } from './ports.ts'

/** How long the first page is cached. */
const KEEP_MS = 1_000
/** What any request may get of the first page. */
const FIRST_PAGE = 1_000

/**
 * Pages of the open events, read from line-provider. The first page, which nearly everyone wants,
 * is read at most once a second, whole, whatever part of it callers want. A later page is read for
 * all callers that want it at the same time. So a page costs what it shows, however many events are
 * open. When line-provider does not answer, callers get `LineUnavailableError`, never an empty
 * list. The same object is returned while it is cached, so that whatever is derived from it can be
 * cached too.
 */
export const listOpenEvents = ({ line }: { line: Pick<Line, 'openEvents'> }) => {
  const readFirst = cachedRead(KEEP_MS, () => line.openEvents(undefined, FIRST_PAGE))
  const shared = shareInFlight<OpenEventsPage>()

  return async (after: OpenEventPosition | undefined, limit: number): Promise<OpenEventsPage> => {
    if (after !== undefined) {
      const key = JSON.stringify([after.deadline, after.eventId, limit])
      return shared(key, () => line.openEvents(after, limit))
    }
    const first = await readFirst()
    if (first.events.length <= limit) return first
    const events = first.events.slice(0, limit)
    return { events, next: events.at(-1) }
  }
}
