import { judgeHistory, judgeBet as judgeShown } from '../traffic/judge.ts'
import { type ShownBet, type ShownBetWithHistory, toHundredths } from '../traffic/shown.ts'
import { acceptedOf, type EventBook, shownCents, type Ticket } from './event-book.ts'
import { whyNotAcceptable } from './judge-acceptance.ts'

/**
 * Compares the bets listed for an event and a client with the accepted ones. Returns one sentence
 * per mismatch, none when every cent is accounted for.
 */
export function judgeBets(
  book: EventBook,
  client: number,
  listed: readonly ShownBet[],
  feedMaxAgeMs: number,
): string[] {
  const mismatches: string[] = []
  const seen = new Set<number>()
  for (const bet of listed) {
    const ticket = book.tickets.get(bet.id)
    if (seen.has(bet.id)) mismatches.push(`bet ${bet.id} on ${book.id} is listed twice`)
    else if (ticket === undefined)
      mismatches.push(`bet ${bet.id} on ${book.id} is not from this run: ${JSON.stringify(bet)}`)
    else if (ticket.client !== client)
      mismatches.push(`bet ${bet.id} on ${book.id} is shown to another client`)
    else mismatches.push(...judgeBet(book, ticket, bet, feedMaxAgeMs))
    seen.add(bet.id)
  }
  for (const [id, ticket] of book.tickets)
    if (ticket.client === client && !seen.has(id))
      mismatches.push(
        `bet ${id} on ${book.id} is missing: accepted for ${shownCents(ticket.cents)} ` +
          `with key ${ticket.key}, but not listed`,
      )
  return mismatches
}

function judgeBet(book: EventBook, ticket: Ticket, bet: ShownBet, feedMaxAgeMs: number): string[] {
  const state = book.dueState(ticket, bet.state)
  const mismatches = judgeShown(acceptedOf(ticket), state, bet).map(
    (what) => `bet ${bet.id} on ${book.id}: ${what}`,
  )
  const why = whyNotAcceptable(book, ticket, feedMaxAgeMs)
  if (why !== undefined) mismatches.push(`bet ${bet.id} on ${book.id} ${why}`)
  if (!(Date.parse(bet.created_at) < book.deadline * 1_000))
    mismatches.push(
      `bet ${bet.id} on ${book.id} was accepted at ${bet.created_at}, ` +
        `after the deadline ${book.deadline}`,
    )
  return mismatches
}

/** Compares the listed stakes and payouts with the sums of the answers. */
export function judgeSums(book: EventBook, listed: readonly ShownBet[]): string[] {
  const sumOf = (amounts: readonly (string | null)[]) =>
    amounts.reduce((sum, amount) => sum + (toHundredths(amount) ?? 0n), 0n)
  const stakes = sumOf(listed.map(({ sum }) => sum))
  const payouts = sumOf(listed.map(({ payout }) => payout))
  const owed = book.payoutCents ?? 0n
  const mismatches: string[] = []
  if (stakes !== book.stakeCents)
    mismatches.push(
      `stakes on ${book.id} are ${shownCents(stakes)}, should be ${shownCents(book.stakeCents)}`,
    )
  if (payouts !== owed)
    mismatches.push(
      `payouts of ${book.id} are ${shownCents(payouts)}, should be ${shownCents(owed)}`,
    )
  return mismatches
}

/** Whether every bet has the state that follows from its event's state. */
export function areSettled(book: EventBook, listed: readonly ShownBet[]): boolean {
  return listed.every((bet) => {
    const ticket = book.tickets.get(bet.id)
    return bet.state === (ticket ? book.dueState(ticket, bet.state) : book.betState)
  })
}

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
