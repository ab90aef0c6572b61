import { type Static, Type } from 'typebox'
import type { Coefficient } from './coefficient.ts'
import { InvalidValueError } from './errors.ts'

export const EventState = Type.Union(
  [
    Type.Literal('NEW'),
    Type.Literal('FINISHED_WIN'),
    Type.Literal('FINISHED_LOSE'),
    Type.Literal('CANCELLED'),
  ],
  {
    description:
      'NEW until the event ends. FINISHED_WIN: the first team won. FINISHED_LOSE: it did not. ' +
      'CANCELLED: bets are void.',
    examples: ['NEW'],
  },
)
export type EventState = Static<typeof EventState>

/**
 * 1 to 64 letters, digits, dots, underscores, colons and hyphens, starting with a letter or digit.
 */
export const EventId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$',
  maxLength: 64,
  examples: ['m-1'],
})

/** An event id in input. `parseEventId` turns it into the text that it is everywhere else. */
export const EventIdInput = Type.Union(
  [EventId, Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })],
  {
    description:
      '1 to 64 letters, digits, dots, underscores, colons and hyphens, starting with a letter or ' +
      'digit. A whole number stands for its decimal text: 7 is the event "7".',
    examples: ['m-1', 7],
  },
)

/** The text of an event id that fits `EventIdInput`. Throws `InvalidValueError` for -0. */
export function parseEventId(input: Static<typeof EventIdInput>): string {
  if (Object.is(input, -0)) throw new InvalidValueError('must not be negative')
  return String(input)
}

/** When betting closes, in whole Unix seconds: 1970 to the end of the year 9999. */
export const Deadline = Type.Integer({
  minimum: 0,
  maximum: 253_402_300_799,
  description: 'When betting closes, in whole Unix seconds.',
  examples: [4_102_444_800],
})

/** An event of the line at one version, usually the latest. */
export interface SportingEvent {
  eventId: string
  /** Decimal odds on the first team's win. */
  coefficient: Coefficient
  /** When betting closes, in whole Unix seconds. */
  deadline: number
  state: EventState
  /** Stops bets without ending the event. */
  suspended: boolean
  /** Increases by one with each effective change. */
  version: number
  /** The reason given with the latest change, or null. */
  reason: string | null
  /** When the latest change was made, RFC 3339. */
  changedAt: string
  /**
   * When it ended by line_db's clock, as `formatMoment` writes it. Null while it is NEW, and for an
   * event that ended before this was recorded. Undefined when nothing is said of it, as by the
   * version before.
   */
  endedAt: string | null | undefined
}

/**
 * The id of a change in messages and in all logs: `m-1:3` is the change that produced version 3 of
 * event m-1.
 */
export function changeId({ eventId, version }: Pick<SportingEvent, 'eventId' | 'version'>): string {
  return `${eventId}:${version}`
}

/** The kind of a state change: none, the end of the event, or a correction after its end. */
export type Transition = 'none' | 'end' | 'correction'

/** The kind of change between two states of an event. */
export function transition(from: EventState, to: EventState): Transition {
  if (from === to) return 'none'
  return from === 'NEW' ? 'end' : 'correction'
}

const MAX_REASON_CHARACTERS = 500
/** For schemas, which count UTF-16 units: a character takes one or two. */
export const MAX_REASON_LENGTH = 2 * MAX_REASON_CHARACTERS
const CONTROL_CHARACTER = /\p{Cc}/u

/**
 * Checks the reason of a change: 1 to 500 characters (code points, as JSON Schema counts them),
 * well-formed, no control characters, not blank. Throws `InvalidValueError`.
 */
export function parseReason(input: string): string {
  if (!input.isWellFormed()) throw new InvalidValueError('must be well-formed Unicode')
  if (CONTROL_CHARACTER.test(input))
    throw new InvalidValueError('must not contain control characters')
  if (input.trim() === '') throw new InvalidValueError('must not be blank')
  if ([...input].length > MAX_REASON_CHARACTERS)
    throw new InvalidValueError('must have at most 500 characters')
  return input
}
