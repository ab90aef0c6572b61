import { betStateOf, payoutOf } from '../model/model.ts'
import { type EventBook, shownCents, type Ticket } from './event-book.ts'
import { differences } from './judge-bets.ts'
import type { ShownBetWithHistory, ShownEntry } from './shown.ts'

/**
 * Holds the histories of an event's bets against the versions that it had, and against each other:
 * bet-maker may have missed a version, but what one bet has been through, every bet taken before
 * has.
 */
export function judgeHistories(book: EventBook, shown: readonly ShownBetWithHistory[]): string[] {
  const entries = shown.flatMap(({ history }) => history.slice(1))
  const been = new Set(
    entries
      .map(({ event_version }) => event_version)
      .filter((version) => book.at(version) !== undefined),
  )
  return shown.flatMap((bet) => {
    const ticket = book.tickets.get(bet.id)
    const off = ticket === undefined ? ['is none of ours'] : judgeHistory(book, ticket, bet, been)
    return off.map((what) => `bet ${bet.id} on ${book.id}: ${what}`)
  })
}

function judgeHistory(
  book: EventBook,
  ticket: Ticket,
  { created_at, state, payout, history }: ShownBetWithHistory,
  been: ReadonlySet<number>,
): string[] {
  const [placed, ...changes] = history
  const version = ticket.taken?.version ?? 0
  const first: ShownEntry = {
    state: 'PENDING',
    payout: null,
    event_version: version,
    at: created_at,
    reason: null,
  }
  const off =
    placed === undefined
      ? ['has no history']
      : differences(first, placed).map(of('the first entry'))
  let before: ShownEntry = placed ?? first
  for (const entry of changes) {
    off.push(
      ...differences(expectedEntry(book, ticket, entry), entry).map(
        of(`the entry of version ${entry.event_version}`),
      ),
    )
    if (entry.event_version <= before.event_version)
      off.push(
        `version ${entry.event_version} comes after version ${before.event_version} in its history`,
      )
    if (entry.state === before.state) off.push(`its history says ${entry.state} twice in a row`)
    if (!(Date.parse(entry.at) >= Date.parse(before.at)))
      off.push(`its history goes from ${before.at} back to ${entry.at}`)
    before = entry
  }
  const has = new Set(changes.map(({ event_version }) => event_version))
  for (const missing of been)
    if (missing > version && !has.has(missing)) off.push(`its history lacks version ${missing}`)
  if (state !== before.state || payout !== before.payout)
    off.push(
      `is ${state} and pays ${payout}, its history ends with ${before.state} and ${before.payout}`,
    )
  return off
}

const of = (entry: string) => (difference: string) => `${entry}: ${difference}`

/** An entry of a version as it must be. */
function expectedEntry(
  book: EventBook,
  { cents, taken }: Ticket,
  { event_version }: ShownEntry,
): Partial<ShownEntry> {
  const at = book.at(event_version)
  if (at === undefined) return { event_version: Number.NaN }
  const state = betStateOf(at.state)
  const payout = payoutOf(BigInt(cents), BigInt(taken?.coefficient ?? 0), state)
  return { state, payout: payout === null ? null : shownCents(payout), reason: at.reason }
}
