import { Type } from 'typebox'
import { ValidationFailedError } from '../domain/errors.ts'
import { LineEvent, type OpenEventPosition } from '../domain/event.ts'
import { CursorParam, LimitParam } from './list-pages.ts'

/** The list of open events as both services show it: by deadline, then by id in byte order. */
export const OpenEvents = Type.Array(LineEvent, { description: 'Open events, by deadline and id.' })

/** Which part of the list: `limit` 1 to 1000, behind `cursor`. */
export const OpenEventsQuery = Type.Object(
  { limit: LimitParam(1000), cursor: CursorParam('From the Link header of the page before.') },
  { additionalProperties: false },
)

const CURSOR = /^(0|[1-9][0-9]{0,11})\.([A-Za-z0-9][A-Za-z0-9._:-]{0,63})$/

/** The cursor of the page behind an event. */
export function writeOpenEventsCursor({ deadline, event_id }: OpenEventPosition): string {
  return `${deadline}.${event_id}`
}

/** Behind which event a page begins. Throws `ValidationFailedError` for what no list gave out. */
export function readOpenEventsCursor(cursor: string): OpenEventPosition {
  const [, deadline, event_id] = CURSOR.exec(cursor) ?? []
  if (deadline === undefined || event_id === undefined)
    throw new ValidationFailedError([
      { path: '/query/cursor', message: 'must be a cursor that this list gave out' },
    ])
  return { deadline: Number(deadline), event_id }
}
