import { type Static, Type } from 'typebox'
import { InvalidValueError } from './errors.ts'
import { LineEvent } from './event.ts'

/** The list of open events as both services show it: by deadline, then by id in byte order. */
export const OpenEvents = Type.Array(LineEvent, { description: 'Open events, by deadline and id.' })

/** The place of an event in that list. */
export type OpenEventPosition = Pick<Static<typeof LineEvent>, 'deadline' | 'event_id'>

const CURSOR = /^(0|[1-9][0-9]{0,11})\.([A-Za-z0-9][A-Za-z0-9._:-]{0,63})$/

/** The cursor of the page behind an event. */
export function writeOpenEventsCursor({ deadline, event_id }: OpenEventPosition): string {
  return `${deadline}.${event_id}`
}

/** Behind which event a page begins. Throws `InvalidValueError` for what no list gave out. */
export function readOpenEventsCursor(cursor: string): OpenEventPosition {
  const [, deadline, event_id] = CURSOR.exec(cursor) ?? []
  if (deadline === undefined || event_id === undefined)
    throw new InvalidValueError('must be a cursor that this list gave out')
  return { deadline: Number(deadline), event_id }
}
