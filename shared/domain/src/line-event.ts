import { type Static, Type } from 'typebox'
import { Coefficient, CoefficientText } from './coefficient.ts'
import { Deadline, EventId, EventState, MAX_REASON_LENGTH, type SportingEvent } from './event.ts'
import { MomentText } from './moment.ts'

/** An event as HTTP shows it and as a message states it. */
export const LineEvent = Type.Object(
  {
    event_id: EventId,
    coefficient: CoefficientText,
    deadline: Deadline,
    state: EventState,
    suspended: Type.Boolean({ description: 'Stops bets without ending the event.' }),
    version: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Increases by one with each effective change.',
      examples: [1],
    }),
    reason: Type.Union([Type.String({ minLength: 1, maxLength: MAX_REASON_LENGTH }), Type.Null()], {
      description: 'The reason given with the latest change, or null.',
      examples: [null],
    }),
    changed_at: Type.String({
      pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$',
      maxLength: 24,
      examples: ['2026-01-31T12:00:00.000Z'],
    }),
    // Always sent. Optional to read, because the version before does not send it.
    ended_at: Type.Optional(
      Type.Union([MomentText, Type.Null()], {
        description:
          "When the event ended, by line-provider's clock: bets placed later are void. Null " +
          'while it is NEW, and when it is not known.',
        examples: [null],
      }),
    ),
  },
  { description: 'The current state of an event.' },
)
export type LineEvent = Static<typeof LineEvent>

/** The form in which an event leaves a service. */
export function toLineEvent(event: SportingEvent): LineEvent {
  return {
    event_id: event.eventId,
    coefficient: event.coefficient.toString(),
    deadline: event.deadline,
    state: event.state,
    suspended: event.suspended,
    version: event.version,
    reason: event.reason,
    changed_at: event.changedAt,
    ended_at: event.endedAt ?? null,
  }
}

/** The event that the other service states. Every form that fits the schema is one. */
export function fromLineEvent(stated: LineEvent): SportingEvent {
  return {
    eventId: stated.event_id,
    coefficient: Coefficient.parse(stated.coefficient),
    deadline: stated.deadline,
    state: stated.state,
    suspended: stated.suspended,
    version: stated.version,
    reason: stated.reason,
    changedAt: stated.changed_at,
    endedAt: stated.ended_at,
  }
}
