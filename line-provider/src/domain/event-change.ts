import type { Coefficient } from '@bets/domain/coefficient'
import { type EventState, type SportingEvent, transition } from '@bets/domain/event'
import {
  EndedAtRefusedError,
  EventEndedError,
  IllegalTransitionError,
  IncompleteEventError,
} from './errors.ts'

/** What a `PUT /event` asks for. Fields that are not given stay as they are. */
export interface EventChange {
  eventId: string
  coefficient?: Coefficient
  /** Whole Unix seconds. */
  deadline?: number
  state?: EventState
  suspended?: boolean
  /** When the event ended, as `formatMoment` writes it; not in the future. */
  endedAt?: string
  /** Stored with an effective change; by itself it changes nothing. */
  reason?: string
}

/**
 * Why a change cannot create an event: an incomplete or unfit request (422) comes before an illegal
 * state (409).
 */
export function refusalOfNew(
  change: EventChange,
): IncompleteEventError | EndedAtRefusedError | IllegalTransitionError {
  const missing = (['coefficient', 'deadline'] as const).filter(
    (field) => change[field] === undefined,
  )
  if (missing.length > 0) return new IncompleteEventError(missing)
  if (change.endedAt !== undefined)
    return new EndedAtRefusedError('is only for an event that has ended')
  return new IllegalTransitionError('A new event starts as NEW.')
}

/**
 * Why an event was not changed: the rule that the change breaks, or undefined when nothing differs.
 */
export function refusalOf(
  change: EventChange,
  event: SportingEvent,
): EndedAtRefusedError | EventEndedError | IllegalTransitionError | undefined {
  const state = change.state ?? event.state
  if (state === 'NEW' && change.endedAt !== undefined)
    return new EndedAtRefusedError('is only for an event that has ended')
  const fixedDiffer =
    differs(change.coefficient?.hundredths, event.coefficient.hundredths) ||
    differs(change.deadline, event.deadline) ||
    differs(change.suspended, event.suspended)
  if (event.state !== 'NEW' && fixedDiffer) return new EventEndedError()
  const corrects =
    transition(event.state, state) === 'correction' ||
    (event.state !== 'NEW' && differs(change.endedAt, event.endedAt))
  if (corrects && change.reason === undefined)
    return new IllegalTransitionError(
      `The event is ${event.state}. Changing its state or end is a correction and needs a reason.`,
    )
  return undefined
}

function differs<T>(wanted: T | undefined, is: T | null): boolean {
  return wanted !== undefined && wanted !== is
}
