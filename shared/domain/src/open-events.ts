import { Type } from 'typebox'
import { InvalidValueError } from './errors.ts'
import type { SportingEvent } from './event.ts'
import { LineEvent } from './line-event.ts'

/** The open events as both services list them: by deadline, then by id in byte order. */
export const OpenEvents = Type.Array(LineEvent, {
  maxItems: 1_000,
  description: 'Open events, by deadline and id.',
})

/** The position of an event in that list. */
export type OpenEventPosition = Pick<SportingEvent, 'deadline' | 'eventId'>

const CURSOR = /^(0|[1-9][0-9]{0,11})\.([A-Za-z0-9][A-Za-z0-9._:-]{0,63})$/

/** The cursor of the page after an event. */
export function writeOpenEventsCursor({ deadline, eventId }: OpenEventPosition): string {
  return `${deadline}.${eventId}`
}

/** The event after which a page starts. Throws `InvalidValueError` for a malformed cursor. */
export function readOpenEventsCursor(cursor: string): OpenEventPosition {
  const [, deadline, eventId] = CURSOR.exec(cursor) ?? []
  if (deadline === undefined || eventId === undefined)
    throw new InvalidValueError('must be a cursor returned by this list')
  return { deadline: Number(deadline), eventId }
}
