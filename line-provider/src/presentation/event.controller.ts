import { Coefficient } from '@bets/domain/coefficient'
import { parseEventId, parseReason } from '@bets/domain/event'
import { LineEvent, toLineEvent } from '@bets/domain/line-event'
import { parseMoment } from '@bets/domain/moment'
import type { RequestOrigin } from '@bets/domain/request-origin'
import type { Guard } from '@bets/platform/http/route'
import { NoQuery, parseAt, ValidationFailedError } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import type { Static } from 'typebox'
import type { putEvent } from '../application/put-event.ts'
import { EndedAtRefusedError, IncompleteEventError } from '../domain/errors.ts'
import type { EventChange } from '../domain/event-change.ts'
import { route } from './route.ts'
import { EventChangeBody, STATE_OF_NUMBER } from './schemas.ts'

export interface EventUseCases {
  putEvent(change: EventChange, origin: RequestOrigin): ReturnType<ReturnType<typeof putEvent>>
}

/** `PUT /event`. */
export function eventController(guard: Guard, { putEvent }: EventUseCases) {
  return new Elysia({ tags: ['Events'] })
    .use(guard)
    .model({ Event: LineEvent, EventChange: EventChangeBody })
    .put(
      '/event',
      async ({ body, caller, requestId, set }) => {
        const { outcome, event } = await putEvent(toChange(body), { caller, requestId }).catch(
          throwByField,
        )
        set.status = outcome === 'created' ? 201 : 200
        return toLineEvent(event)
      },
      route({
        access: 'operator',
        operationId: 'putEvent',
        summary: 'Create an event or change it',
        description:
          'An event ends by its state. Changing the state or the end of an ended event is a ' +
          'correction and needs a reason. A whole number as the event id stands for its decimal ' +
          'text, and the states 1, 2, 3 for NEW, FINISHED_WIN, FINISHED_LOSE; answers have text ' +
          'and names.',
        body: 'EventChange',
        query: NoQuery,
        answers: { 200: 'Event', 201: 'Event' },
        problems: ['ILLEGAL_TRANSITION', 'EVENT_ENDED', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
      }),
    )
}

/** Turns what is wrong with single fields into places in the request. */
function throwByField(error: unknown): never {
  if (error instanceof EndedAtRefusedError)
    throw new ValidationFailedError([{ path: '/body/ended_at', message: error.rule }])
  if (!(error instanceof IncompleteEventError)) throw error
  throw new ValidationFailedError(
    error.missing.map((field) => ({
      path: `/body/${field}`,
      message: 'is required for a new event',
    })),
  )
}

function toChange(body: Static<typeof EventChangeBody>): EventChange {
  const { event_id, coefficient, state, ended_at, reason, ...rest } = body
  const eventId = parseAt('/body/event_id', () => parseEventId(event_id))
  const change: EventChange = { eventId, ...rest }
  if (state !== undefined) change.state = typeof state === 'number' ? STATE_OF_NUMBER[state] : state
  if (coefficient !== undefined)
    change.coefficient = parseAt('/body/coefficient', () => Coefficient.parse(coefficient))
  if (ended_at !== undefined)
    change.endedAt = parseAt('/body/ended_at', () => parseMoment(ended_at))
  if (reason !== undefined) change.reason = parseAt('/body/reason', () => parseReason(reason))
  return change
}
