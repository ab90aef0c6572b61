import { CoefficientInput } from '@bets/domain/coefficient'
import { Deadline, EventId, EventIdInput, EventState, MAX_REASON_LENGTH } from '@bets/domain/event'
import { CursorParam, LimitParam, pageQuery } from '@bets/platform/http/list-pages'
import { Type } from 'typebox'

/** The numbers by which this API's ancestor names states. */
export const STATE_OF_NUMBER = { 1: 'NEW', 2: 'FINISHED_WIN', 3: 'FINISHED_LOSE' } as const

const EventStateInput = Type.Union(
  [...EventState.anyOf, Type.Literal(1), Type.Literal(2), Type.Literal(3)],
  {
    description: `${EventState.description} The numbers 1, 2, 3 stand for the first three.`,
    examples: ['NEW', 1],
  },
)

export const EventChangeBody = Type.Object(
  {
    event_id: EventIdInput,
    coefficient: Type.Optional(CoefficientInput),
    deadline: Type.Optional(Deadline),
    state: Type.Optional(EventStateInput),
    suspended: Type.Optional(Type.Boolean({ description: 'Stops bets without ending the event.' })),
    ended_at: Type.Optional(
      Type.String({
        maxLength: 40,
        description:
          'When the event ended: an RFC 3339 time, not in the future. Bets placed later are ' +
          'void. Default: the moment of the change that ends it; a correction keeps the known one.',
        examples: ['2026-01-31T12:00:00Z'],
      }),
    ),
    reason: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_REASON_LENGTH,
        'x-shown-as': { maxLength: MAX_REASON_LENGTH / 2 },
        description:
          'Why: 1 to 500 characters, no control characters, not blank. ' +
          'Required to change the state or the end of an ended event.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'A new event needs coefficient and deadline; otherwise only what is given is changed.',
    examples: [
      { event_id: 'm-1', coefficient: '1.50', deadline: 4_102_444_800 },
      { event_id: 7, coefficient: 2.4, deadline: 4_102_444_800, state: 1 },
    ],
  },
)

export const EventParams = Type.Object({ event_id: EventId })

export const ChangesQuery = Type.Object(
  {
    after: CursorParam('The cursor of the page before; without it, from the beginning.'),
    limit: LimitParam(1000),
  },
  { additionalProperties: false },
)

/** Which part of the open events to list. */
export const OpenEventsQuery = pageQuery(1000)
