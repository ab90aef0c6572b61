import { Type } from 'typebox'
import { InvalidValueError } from './errors.ts'
import type { SportingEvent } from './event.ts'
import { LineEvent } from './line-event.ts'

/** The list of open events as both services show it: by deadline, then by id in byte order. */
export const OpenEvents = Type.Array(LineEvent, { description: 'Open events, by deadline and id.' })

/** The place of an event in that list. */
export type OpenEventPosition = Pick<SportingEvent, 'deadline' | 'eventId'>

const CURSOR = /^(0|[1-9][0-9]{0,11})\.([A-Za-z0-9][A-Za-z0-9._:-]{0,63})$/

/** The cursor of the page behind an event. */
export function writeOpenEventsCursor({ deadline, eventId }: OpenEventPosition): string {
  return `${deadline}.${eventId}`
}

/** Behind which event a page begins. Throws `InvalidValueError` for what no list gave out. */
export function readOpenEventsCursor(cursor: string): OpenEventPosition {
  const [, deadline, eventId] = CURSOR.exec(cursor) ?? []
  if (deadline === undefined || eventId === undefined)
    throw new InvalidValueError('must be a cursor that this list gave out')
  return { deadline: Number(deadline), eventId }
}
