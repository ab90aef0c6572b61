import { ValidationFailedError } from '@bets/platform/http/validation'
import type { FeedPosition } from '../application/ports.ts'

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const CURSOR = new RegExp(`^(${UUID})\\.(0|[1-9][0-9]{0,15})$`)

/** A position as a cursor. */
export function writeFeedCursor({ feedId, seq }: FeedPosition): string {
  return `${feedId}.${seq}`
}

/** The position of a cursor. Throws `ValidationFailedError` for one that no feed gave out. */
export function readFeedCursor(cursor: string): FeedPosition {
  const [, feedId, seq] = CURSOR.exec(cursor) ?? []
  if (feedId === undefined || seq === undefined)
    throw new ValidationFailedError([
      { path: '/query/after', message: 'must be a cursor that this feed gave out' },
    ])
  return { feedId, seq: Number(seq) }
}
