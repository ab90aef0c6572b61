import { inDecimals } from '../model/model.ts'
import type { EventBook, Ticket } from './event-book.ts'

/**
 * Why a bet may not have been taken as it was: at a version that the event never had, at another
 * price, although the event was suspended or over, or by what had long been superseded. Undefined
 * when it may.
 */
export function whyNotTakenSo(
  book: EventBook,
  ticket: Ticket,
  feedMaxAgeMs: number,
): string | undefined {
  const { taken, floor } = ticket
  if (taken === undefined) return 'was never answered'
  const at = book.at(taken.version)
  if (at === undefined) return `was taken at version ${taken.version}, which the event never had`
  if (BigInt(taken.coefficient) !== at.coefficient)
    return `was taken at ${inDecimals(BigInt(taken.coefficient))}, version ${at.version} was ${inDecimals(at.coefficient)}`
  const refusal = book.refusalAt(at, ticket)
  if (refusal !== undefined)
    return `was taken at version ${at.version}, which refuses it: ${refusal}`
  if (at.version < floor)
    return `was taken at version ${at.version} when version ${floor} was known`
  const lagMs = supersededMs(book, ticket)
  return lagMs > feedMaxAgeMs
    ? `was taken at version ${at.version}, ${(lagMs / 1_000).toFixed(1)} s after the next one was answered`
    : undefined
}

/**
 * For how long the version at which a bet was taken had been superseded when the bet was first
 * sent; 0 when it had not.
 */
export function supersededMs(book: EventBook, { taken, sentAtMs }: Ticket): number {
  const next = taken && book.at(taken.version + 1)
  return next === undefined ? 0 : Math.max(0, sentAtMs - next.answeredAtMs)
}
