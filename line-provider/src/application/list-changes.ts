import type { SportingEvent } from '@bets/domain/event'
import { CursorExpiredError } from '../domain/errors.ts'
import type { Feed, FeedPosition } from './ports.ts'

/**
 * A page of the change feed. Everything committed before the call is on this page or, when it is
 * full, on a later one, whether or not a relay runs. Unnumbered changes are numbered first; an
 * event that changes between numbering and reading is listed last, and the cursor stays before it.
 */
export const listChanges =
  ({ feed }: { feed: Feed }) =>
  async (
    after: FeedPosition | undefined,
    limit: number,
  ): Promise<{
    items: SportingEvent[]
    cursor: FeedPosition
    versionBase: number
    lineTime: string
  }> => {
    await feed.number()
    const page = await feed.readAfter(after?.seq ?? 0, limit)
    // A cursor ahead of its own feed was given out before a backup was restored.
    if (after !== undefined && (after.feedId !== page.feedId || after.seq > page.lastSeq))
      throw new CursorExpiredError()
    const seq = page.items.reduce((highest, item) => item.seq ?? highest, after?.seq ?? 0)
    return {
      items: page.items.map(({ event }) => event),
      cursor: { feedId: page.feedId, seq },
      versionBase: page.versionBase,
      lineTime: page.lineTime,
    }
  }
