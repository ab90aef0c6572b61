import { Type } from 'typebox'
import { LineEvent } from './line-event.ts'

/**
 * A header of every page of the change feed: all versions of this line are above it. Restoring a
 * backup raises it above every version sent before, so whatever is still in transit from then is
 * known to be void.
 */
export const VERSION_BASE_HEADER = 'line-version-base'

/**
 * The highest base that is accepted. JSON numbers are exact up to 2^53 − 1, about 9.007e15: above
 * this base there is still room for seven million restores, or as many changes.
 */
export const VERSION_BASE_MAX = 9_000_000_000_000_000

/**
 * A header of every page of the change feed: line_db's clock as the page was read, RFC 3339. Its
 * reader compares it with a clock of its own before and after.
 */
export const LINE_TIME_HEADER = 'line-time'

/** The most events on a page. */
export const FEED_PAGE_MAX = 1_000

/** A page of the change feed, as line-provider answers it and bet-maker reads it. */
export const Changes = Type.Object(
  {
    items: Type.Array(LineEvent, { maxItems: FEED_PAGE_MAX }),
    cursor: Type.String({ maxLength: 200, description: 'Pass it as `after` to go on.' }),
  },
  { description: 'Changed events in their latest form, in the order of changes.' },
)
