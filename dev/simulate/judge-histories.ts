import { judgeHistory } from '../traffic/judge.ts'
import type { ShownBetWithHistory } from '../traffic/shown.ts'
import { acceptedOf, type EventBook } from './event-book.ts'

/**
 * Compares the histories of an event's bets with the event's versions and with each other.
 * bet-maker may have skipped a version, but when one bet's history has it, the history of every bet
 * accepted before that version must have it too.
 */
export function judgeHistories(book: EventBook, shown: readonly ShownBetWithHistory[]): string[] {
  const known = new Set(
    shown
      .flatMap(({ history }) => history.slice(1).map(({ event_version }) => event_version))
      .filter((version) => book.at(version) !== undefined),
  )
  return shown.flatMap((bet) => {
    const ticket = book.tickets.get(bet.id)
    const mismatches =
      ticket === undefined
        ? ['is not from this run']
        : judgeHistory(acceptedOf(ticket), (version) => book.at(version), bet, known)
    return mismatches.map((what) => `bet ${bet.id} on ${book.id}: ${what}`)
  })
}
