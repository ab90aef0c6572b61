import { betStateOf } from '../model/model.ts'
import { judgeBet as judgeShown } from '../traffic/judge.ts'
import { type ShownBet, toHundredths } from '../traffic/shown.ts'
import { type EventBook, shownCents, type Ticket, takenOf } from './event-book.ts'
import { whyNotTakenSo } from './judge-taking.ts'

/**
 * Holds the bets that are listed for an event and a client against those that were taken. Answers
 * what is off, one sentence each: nothing when every cent is accounted for.
 */
export function judgeBets(
  book: EventBook,
  client: number,
  listed: readonly ShownBet[],
  feedMaxAgeMs: number,
): string[] {
  const off: string[] = []
  const seen = new Set<number>()
  for (const bet of listed) {
    const ticket = book.tickets.get(bet.id)
    if (seen.has(bet.id)) off.push(`bet ${bet.id} on ${book.id} is listed twice`)
    else if (ticket === undefined)
      off.push(`bet ${bet.id} on ${book.id} is none of ours: ${JSON.stringify(bet)}`)
    else if (ticket.client !== client)
      off.push(`bet ${bet.id} on ${book.id} is shown to another client`)
    else off.push(...judgeBet(book, ticket, bet, feedMaxAgeMs))
    seen.add(bet.id)
  }
  for (const [id, ticket] of book.tickets)
    if (ticket.client === client && !seen.has(id))
      off.push(
        `bet ${id} on ${book.id} is lost: taken for ${shownCents(ticket.cents)} with key ${ticket.key}, not listed`,
      )
  return off
}

function judgeBet(book: EventBook, ticket: Ticket, bet: ShownBet, feedMaxAgeMs: number): string[] {
  const state = betStateOf(book.latest?.state ?? 'NEW')
  const off = judgeShown(takenOf(ticket), state, bet).map(
    (what) => `bet ${bet.id} on ${book.id}: ${what}`,
  )
  const why = whyNotTakenSo(book, ticket, feedMaxAgeMs)
  if (why !== undefined) off.push(`bet ${bet.id} on ${book.id} ${why}`)
  if (!(Date.parse(bet.created_at) < book.deadline * 1_000))
    off.push(
      `bet ${bet.id} on ${book.id} was taken at ${bet.created_at}, after the deadline ${book.deadline}`,
    )
  return off
}

/** Stakes and payouts as listed, and as they were added up while bets were answered. */
export function judgeSums(book: EventBook, listed: readonly ShownBet[]): string[] {
  const sumOf = (amounts: readonly (string | null)[]) =>
    amounts.reduce((sum, amount) => sum + (toHundredths(amount) ?? 0n), 0n)
  const stakes = sumOf(listed.map(({ sum }) => sum))
  const payouts = sumOf(listed.map(({ payout }) => payout))
  const owed = book.payoutCents ?? 0n
  const off: string[] = []
  if (stakes !== book.stakeCents)
    off.push(
      `stakes on ${book.id} are ${shownCents(stakes)}, should be ${shownCents(book.stakeCents)}`,
    )
  if (payouts !== owed)
    off.push(`payouts of ${book.id} are ${shownCents(payouts)}, should be ${shownCents(owed)}`)
  return off
}

/** Whether every bet is in the state that its event's means. */
export function areSettled(book: EventBook, listed: readonly ShownBet[]): boolean {
  const state = betStateOf(book.latest?.state ?? 'NEW')
  return listed.every((bet) => bet.state === state)
}
