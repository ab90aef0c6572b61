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
      'NEW until it ends; FINISHED_WIN and FINISHED_LOSE tell of the first team; CANCELLED voids the bets.',
    examples: ['NEW'],
  },
)
export type EventState = Static<typeof EventState>

/**
 * 1 to 64 letters, digits, dots, underscores, colons and hyphens; the first is a letter or digit.
 */
export const EventId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$',
  examples: ['m-1'],
})

/** Until when bets are taken, in whole Unix seconds: 1970 to the end of the year 9999. */
export const Deadline = Type.Integer({
  minimum: 0,
  maximum: 253_402_300_799,
  description: 'Until when bets are taken: whole Unix seconds.',
  examples: [4_102_444_800],
})

/** An event of the line in one of its forms; the latest unless something else is said. */
export interface SportingEvent {
  eventId: string
  /** Decimal odds on the first team's win. */
  coefficient: Coefficient
  /** Until when bets are taken, whole Unix seconds. */
  deadline: number
  state: EventState
  /** Stops bets without ending the event. */
  suspended: boolean
  /** Grows by one with each effective change. */
  version: number
  /** Given with the latest change, or null. */
  reason: string | null
  /** When the latest change was made, RFC 3339. */
  changedAt: string
}

/**
 * How a change is called in messages and in every log on its way: `m-1:3` is what made m-1 what it
 * is at version 3.
 */
export function changeId({ eventId, version }: Pick<SportingEvent, 'eventId' | 'version'>): string {
  return `${eventId}:${version}`
}

/** What a move of an event's state is: nothing, its end, or a correction of an ended event. */
export type Transition = 'none' | 'end' | 'correction'

/** What moving an event from one state to another is. */
export function transition(from: EventState, to: EventState): Transition {
  if (from === to) return 'none'
  return from === 'NEW' ? 'end' : 'correction'
}

const MAX_REASON_CHARACTERS = 500
const CONTROL_CHARACTER = /\p{Cc}/u

/**
 * Checks the reason of a change: 1 to 500 characters (code points, as JSON Schema counts them),
 * well formed, no control characters, not blank. Throws `InvalidValueError`.
 */
export function parseReason(input: string): string {
  if (!input.isWellFormed()) throw new InvalidValueError('must be well formed Unicode')
  if (CONTROL_CHARACTER.test(input)) throw new InvalidValueError('must hold no control characters')
  if (input.trim() === '') throw new InvalidValueError('must not be blank')
  if ([...input].length > MAX_REASON_CHARACTERS)
    throw new InvalidValueError('must have at most 500 characters')
  return input
}
