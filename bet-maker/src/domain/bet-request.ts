import type { BetSum } from '@bets/domain/bet-sum'
import type { Coefficient } from '@bets/domain/coefficient'
import type { SportingEvent } from '@bets/domain/event'
import { type ClosedReason, EventNotOpenError, OddsChangedError } from './errors.ts'

/** What to do when the price has moved: take only the same, take a higher one too, or take any. */
type AcceptOdds = 'exact' | 'higher' | 'any'

/** A bet that somebody asks for. */
export interface BetRequest {
  eventId: string
  sum: BetSum
  /** The price that the bettor saw. `exact` and `higher` have one. */
  seen: Coefficient | undefined
  acceptOdds: AcceptOdds
  /** Whose bet it is; '' while tokens are off. Idempotency keys are per client. */
  client: string
  key: string | undefined
}

/** Whether two requests ask for the same bet, so that the second is a repeat of the first. */
export function isSameBet(a: BetRequest, b: BetRequest): boolean {
  return (
    a.eventId === b.eventId &&
    a.sum.cents === b.sum.cents &&
    a.seen?.hundredths === b.seen?.hundredths &&
    a.acceptOdds === b.acceptOdds
  )
}

/** An event as bet-maker's copy of the line knows it. */
export type KnownEvent = Omit<SportingEvent, 'eventId' | 'reason' | 'changedAt'>

/**
 * Why a bet on a known event is refused at a moment; undefined when nothing speaks against it. The
 * same rules as in place_bets, which decides; this only explains.
 */
export function refusalOf(
  request: BetRequest,
  event: KnownEvent,
  nowMs: number,
): EventNotOpenError | OddsChangedError | undefined {
  const closed = closedBecause(event, nowMs)
  if (closed !== undefined) return new EventNotOpenError(closed)
  if (!acceptsPrice(request, event.coefficient))
    return new OddsChangedError(event.coefficient, event.version)
  return undefined
}

function closedBecause(event: KnownEvent, nowMs: number): ClosedReason | undefined {
  if (event.state !== 'NEW') return 'ended'
  if (event.suspended) return 'suspended'
  return event.deadline * 1000 <= nowMs ? 'deadline_passed' : undefined
}

function acceptsPrice({ seen, acceptOdds }: BetRequest, price: Coefficient): boolean {
  if (acceptOdds === 'any') return true
  if (seen === undefined) return false
  return (
    price.hundredths === seen.hundredths ||
    (acceptOdds === 'higher' && price.hundredths > seen.hundredths)
  )
}
