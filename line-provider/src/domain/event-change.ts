import type { Coefficient } from '@bets/domain/coefficient'
import { type EventState, type SportingEvent, transition } from '@bets/domain/event'
import { EventEndedError, IllegalTransitionError, IncompleteEventError } from './errors.ts'

/** What a `PUT /event` asks for. Fields that are not given stay as they are. */
export interface EventChange {
  eventId: string
  coefficient?: Coefficient
  /** Whole Unix seconds. */
  deadline?: number
  state?: EventState
  suspended?: boolean
  /** Stored with an effective change; by itself it changes nothing. */
  reason?: string
}

/**
 * Why a change cannot create an event: an incomplete request (422) comes before an illegal state
 * (409).
 */
export function refusalOfNew(change: EventChange): IncompleteEventError | IllegalTransitionError {
  const missing = (['coefficient', 'deadline'] as const).filter(
    (field) => change[field] === undefined,
  )
  if (missing.length > 0) return new IncompleteEventError(missing)
  return new IllegalTransitionError('A new event starts as NEW.')
}

/**
 * Why an event was not changed: the rule that the change breaks, or undefined when nothing differs.
 */
export function refusalOf(
  change: EventChange,
  event: SportingEvent,
): EventEndedError | IllegalTransitionError | undefined {
  const fixedDiffer =
    differs(change.coefficient?.hundredths, event.coefficient.hundredths) ||
    differs(change.deadline, event.deadline) ||
    differs(change.suspended, event.suspended)
  if (event.state !== 'NEW' && fixedDiffer) return new EventEndedError()
  const move = transition(event.state, change.state ?? event.state)
  if (move === 'correction' && change.reason === undefined)
    return new IllegalTransitionError(
      `The event is ${event.state}. Moving it to another state is a correction and needs a reason.`,
    )
  return undefined
}

function differs<T>(wanted: T | undefined, is: T): boolean {
  return wanted !== undefined && wanted !== is
}
