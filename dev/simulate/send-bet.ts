import { inDecimals } from '../model/model.ts'
import { type Answer, codeOf, outcomeUnknown, retryAfterMs } from '../traffic/client.ts'
import { type ShownBet, toHundredths, toSignedHundredths } from '../traffic/shown.ts'
import type { AccountBook } from './account-book.ts'
import type { Day } from './day.ts'
import { shownCents, type Ticket, winOf } from './event-book.ts'

/** The outcome of one attempt to place a bet. */
export type Outcome =
  | { kind: 'accepted' }
  /** With what has to change: the current coefficient, or the account's balance in cents. */
  | { kind: 'refused'; hundredths: number | undefined; balance: number | undefined }
  /** Unknown, or not decided yet: retry with the same key after `afterMs`. */
  | { kind: 'retry'; afterMs: number }

const REFUSALS = new Set(['ODDS_CHANGED', 'EVENT_NOT_OPEN'])

/** Sends a bet once, with its key, and checks the answer against everything known so far. */
export async function sendBet(day: Day, ticket: Ticket): Promise<Outcome> {
  const { book, client, key, seen } = ticket
  const earlier = ticket.accepted
  const floor = book.floor
  if (ticket.sentAtMs === 0) {
    ticket.sentAtMs = performance.now()
    ticket.floor = floor
  }
  const { answer } = await day.wire.send('POST', `${day.options.betsUrl}/bet`, {
    token: day.options.clientTokens[client],
    key,
    body: {
      event_id: book.id,
      bet_sum: shownCents(ticket.cents),
      ...(seen !== undefined && { coefficient: shownCents(seen) }),
      accept_odds: ticket.acceptOdds,
      ...(ticket.account && { account_id: ticket.account.id }),
    },
  })
  if (answer === undefined || outcomeUnknown(answer) || answer.status === 429) {
    if (answer?.status === 500)
      day.findings.add(`${key} on ${book.id} was answered 500 ${codeOf(answer)}`)
    return { kind: 'retry', afterMs: retryAfterMs(answer) }
  }
  if (answer.status === 200 || answer.status === 201) {
    accept(day, ticket, answer)
    return { kind: 'accepted' }
  }
  day.tally.refused++
  const balance = balanceOf(ticket.account, answer)
  if (balance !== undefined) day.tally.broke++
  const wrong =
    earlier !== undefined
      ? `although it is bet ${earlier.id}`
      : whyWrong(ticket, floor, answer, balance)
  if (wrong !== undefined)
    day.findings.add(
      `${key} on ${book.id} was refused ${wrong}: ${answer.status} ${JSON.stringify(answer.body)}`,
    )
  const changed = codeOf(answer) === 'ODDS_CHANGED'
  const { coefficient } = answer.body as Partial<ShownBet>
  const current = changed ? toHundredths(coefficient) : undefined
  return {
    kind: 'refused',
    hundredths: current === undefined ? undefined : Number(current),
    balance,
  }
}

/** The balance by which a request was refused, noted for the reconciliation. */
export function balanceOf(
  account: AccountBook | undefined,
  { status, body }: Answer,
): number | undefined {
  const { code, balance } = body as { code?: unknown; balance?: unknown }
  const cents = toSignedHundredths(balance)
  if (status !== 409 || code !== 'INSUFFICIENT_FUNDS' || cents === undefined) return undefined
  account?.seenCents.add(Number(cents))
  return Number(cents)
}

/** Records an answer saying that the bet is accepted, by this attempt or an earlier one. */
function accept(day: Day, ticket: Ticket, { status, body }: Answer): void {
  const { book, key, accepted } = ticket
  const shown = body as ShownBet
  const coefficient = toHundredths(shown.coefficient)
  if (status === 201 && ticket.wasFirst)
    day.findings.add(
      `${key} on ${book.id} was accepted twice: bet ${accepted?.id}, then ${shown.id}`,
    )
  ticket.wasFirst ||= status === 201
  if (accepted !== undefined) {
    if (
      shown.id !== accepted.id ||
      coefficient !== BigInt(accepted.coefficient) ||
      shown.event_version !== accepted.version
    )
      day.findings.add(
        `${key} on ${book.id} is bet ${JSON.stringify(accepted)}, ` +
          `repeated it is ${JSON.stringify(shown)}`,
      )
    return
  }
  const other = book.tickets.get(shown.id)
  if (other !== undefined || !Number.isSafeInteger(shown.id) || coefficient === undefined) {
    const why = other === undefined ? 'something other than a bet' : `the bet of ${other.key}`
    day.findings.add(`${key} on ${book.id} was answered with ${why}: ${JSON.stringify(shown)}`)
    return
  }
  ticket.acceptedAtMs = performance.now()
  book.add(ticket, { id: shown.id, coefficient: Number(coefficient), version: shown.event_version })
  book.showed(shown.event_version)
  day.tally.accepted++
  day.tally.turnoverCents += BigInt(ticket.cents)
  const { account_id, event_id, sum, potential_payout } = shown
  const actual = [event_id, sum, potential_payout, account_id ?? 'no account'].join(', ')
  const expected = [
    ...[book.id, shownCents(ticket.cents), shownCents(winOf(ticket))],
    ticket.account?.id ?? 'no account',
  ].join(', ')
  if (actual !== expected)
    day.findings.add(`bet ${shown.id} was answered as ${actual}, should be ${expected}`)
}

/** Why a refusal must be wrong; undefined when it can be right. */
function whyWrong(
  ticket: Ticket,
  floor: number,
  { status, body }: Answer,
  balance: number | undefined,
): string | undefined {
  const { book } = ticket
  const { code, reason, coefficient, event_version } = body as Record<string, unknown>
  if (balance !== undefined) {
    if (ticket.account === undefined || balance >= ticket.cents)
      return 'although its account held enough'
    const isTakeable = book.possible(floor).some((at) => book.refusalAt(at, ticket) === undefined)
    return isTakeable || book.latest === undefined ? undefined : 'for its balance before its event'
  }
  if (status !== 409 || !REFUSALS.has(String(code))) return 'without a valid reason'
  const wanted = code === 'ODDS_CHANGED' ? 'odds_changed' : reason
  // bet-maker's clock decides whether the deadline has passed, so it cannot be checked here.
  if (wanted === 'deadline_passed') return undefined
  const possible = book.possible(floor).filter((at) => book.refusalAt(at, ticket) === wanted)
  const first = possible.find(
    (at) =>
      wanted !== 'odds_changed' ||
      (inDecimals(at.coefficient) === coefficient && at.version === event_version),
  )
  if (first !== undefined) book.showed(first.version)
  // Until the event's creation is answered, its first version is unknown.
  return first === undefined && book.latest !== undefined
    ? 'for a reason that never applied'
    : undefined
}
