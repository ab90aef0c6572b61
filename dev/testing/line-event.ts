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
    ...fields,
  }
}

/** The same event as use cases know it. */
export function sportingEvent(eventId: string, fields?: Partial<LineEvent>): SportingEvent {
  return fromLineEvent(lineEvent(eventId, fields))
}
