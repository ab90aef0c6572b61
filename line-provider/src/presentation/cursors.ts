import { ValidationFailedError } from '@bets/shared/domain/errors'
import type { FeedPosition, OpenEventPosition } from '../application/ports.ts'

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const FEED_CURSOR = new RegExp(`^(${UUID})\\.(0|[1-9][0-9]{0,15})$`)
const OPEN_EVENTS_CURSOR = /^(0|[1-9][0-9]{0,11})\.([A-Za-z0-9][A-Za-z0-9._:-]{0,63})$/

export function writeFeedCursor({ feedId, seq }: FeedPosition): string {
  return `${feedId}.${seq}`
}

export function readFeedCursor(cursor: string): FeedPosition {
  const [, feedId, seq] = FEED_CURSOR.exec(cursor) ?? unreadable('/query/after')
  return { feedId: feedId as string, seq: Number(seq) }
}

export function writeOpenEventsCursor({ deadline, eventId }: OpenEventPosition): string {
  return `${deadline}.${eventId}`
}

export function readOpenEventsCursor(cursor: string): OpenEventPosition {
  const [, deadline, eventId] = OPEN_EVENTS_CURSOR.exec(cursor) ?? unreadable('/query/cursor')
  return { deadline: Number(deadline), eventId: eventId as string }
}

function unreadable(path: string): never {
  throw new ValidationFailedError([{ path, message: 'must be a cursor that this list gave out' }])
}
