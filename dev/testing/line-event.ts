import type { SportingEvent } from '@bets/domain/event'
import { fromLineEvent, type LineEvent } from '@bets/domain/line-event'

/** A deadline in the year 2100. */
export const FAR_DEADLINE = 4_102_444_800

/** An event of the line, as in a message or the feed. */
export function lineEvent(event_id: string, fields: Partial<LineEvent> = {}): LineEvent {
  return {
    event_id,
    coefficient: '1.50',
    deadline: FAR_DEADLINE,
    state: 'NEW',
    suspended: false,
    version: 1,
    reason: null,
    changed_at: '2026-01-31T12:00:00.000Z',
    ended_at: null,
    ...fields,
  }
}

/** The same event as use cases know it. */
export function sportingEvent(eventId: string, fields?: Partial<LineEvent>): SportingEvent {
  return fromLineEvent(lineEvent(eventId, fields))
}

/** JSON in the place of an event id that is no whole number from 0 to 2^53 - 1. */
export const BAD_NUMERIC_IDS =
  '-0 -1 7.5 0.1 9007199254740992 9007199254740993 1e21 1e999 true false'.split(' ')
