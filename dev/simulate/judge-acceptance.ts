import { inDecimals } from '../model/model.ts'
import type { EventBook, Ticket } from './event-book.ts'

/**
 * Why a bet should not have been accepted: at a version that the event never had, at another
 * coefficient, on a suspended or ended event, or at a version superseded for too long. Undefined
 * when it was acceptable.
 */
export function whyNotAcceptable(
  book: EventBook,
  ticket: Ticket,
  feedMaxAgeMs: number,
): string | undefined {
  const { accepted, floor } = ticket
  if (accepted === undefined) return 'was never answered'
  const at = book.at(accepted.version)
  if (at === undefined)
    return `was accepted at version ${accepted.version}, which the event never had`
  if (BigInt(accepted.coefficient) !== at.coefficient)
    return (
      `was accepted at ${inDecimals(BigInt(accepted.coefficient))}, ` +
      `version ${at.version} has ${inDecimals(at.coefficient)}`
    )
  const refusal = book.refusalAt(at, ticket)
  if (refusal !== undefined)
    return `was accepted at version ${at.version}, which refuses it: ${refusal}`
  if (at.version < floor)
    return `was accepted at version ${at.version} when version ${floor} had been applied`
  const lagMs = supersededMs(book, ticket)
  return lagMs > feedMaxAgeMs
    ? `was accepted at version ${at.version}, ` +
        `${(lagMs / 1_000).toFixed(1)} s after the next one was answered`
    : undefined
}

/** How long a bet's version had been superseded when the bet was first sent; 0 if it had not. */
export function supersededMs(book: EventBook, { accepted, sentAtMs }: Ticket): number {
  const next = accepted && book.at(accepted.version + 1)
  return next === undefined ? 0 : Math.max(0, sentAtMs - next.answeredAtMs)
}
