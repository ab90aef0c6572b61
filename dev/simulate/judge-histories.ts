import { judgeHistory } from '../traffic/judge.ts'
import type { ShownBetWithHistory } from '../traffic/shown.ts'
import { type EventBook, takenOf } from './event-book.ts'

/**
 * Holds the histories of an event's bets against the versions that it had, and against each other:
 * bet-maker may have missed a version, but what one bet has been through, every bet taken before
 * has.
 */
export function judgeHistories(book: EventBook, shown: readonly ShownBetWithHistory[]): string[] {
  const known = new Set(
    shown
      .flatMap(({ history }) => history.slice(1).map(({ event_version }) => event_version))
      .filter((version) => book.at(version) !== undefined),
  )
  return shown.flatMap((bet) => {
    const ticket = book.tickets.get(bet.id)
    const off =
      ticket === undefined
        ? ['is none of ours']
        : judgeHistory(takenOf(ticket), (version) => book.at(version), bet, known)
    return off.map((what) => `bet ${bet.id} on ${book.id}: ${what}`)
  })
}
