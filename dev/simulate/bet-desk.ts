import { inDecimals } from '../model/model.ts'
import { type Answer, codeOf, outcomeUnknown, retryAfterMs } from '../traffic/client.ts'
import { type ShownBet, toHundredths } from '../traffic/shown.ts'
import type { Day } from './day.ts'
import { shownCents, type Ticket, winOf } from './event-book.ts'

/** What became of one sending of a bet. */
export type Outcome =
  | { kind: 'taken' }
  /** `hundredths` is the price as it now is, when that is why. */
  | { kind: 'refused'; hundredths: number | undefined }
  /** Not known, or not judged: to be sent again with its key after a while. */
  | { kind: 'again'; afterMs: number }

const REFUSALS = new Set(['ODDS_CHANGED', 'EVENT_NOT_OPEN'])

/** Sends a bet once, under its key, and holds the answer against all that is known. */
export async function send(day: Day, ticket: Ticket): Promise<Outcome> {
  const { book, client, key, seen } = ticket
  const earlier = ticket.taken
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
    },
  })
  if (answer === undefined || outcomeUnknown(answer) || answer.status === 429) {
    if (answer?.status === 500)
      day.findings.add(`${key} on ${book.id} was answered 500 ${codeOf(answer)}`)
    return { kind: 'again', afterMs: retryAfterMs(answer) }
  }
  if (answer.status === 200 || answer.status === 201) {
    take(day, ticket, answer)
    return { kind: 'taken' }
  }
  day.tally.refused++
  const wrong =
    earlier !== undefined ? `although it is bet ${earlier.id}` : whyWrong(ticket, floor, answer)
  if (wrong !== undefined)
    day.findings.add(
      `${key} on ${book.id} was refused ${wrong}: ${answer.status} ${JSON.stringify(answer.body)}`,
    )
  const moved = codeOf(answer) === 'ODDS_CHANGED'
  const price = moved ? toHundredths((answer.body as Partial<ShownBet>).coefficient) : undefined
  return { kind: 'refused', hundredths: price === undefined ? undefined : Number(price) }
}

/** A sending that says that a bet was taken, now or before. */
function take(day: Day, ticket: Ticket, { status, body }: Answer): void {
  const { book, key, taken } = ticket
  const shown = body as ShownBet
  const coefficient = toHundredths(shown.coefficient)
  if (status === 201 && ticket.wasFirst)
    day.findings.add(`${key} on ${book.id} was taken twice: bet ${taken?.id}, then ${shown.id}`)
  ticket.wasFirst ||= status === 201
  if (taken !== undefined) {
    if (
      shown.id !== taken.id ||
      coefficient !== BigInt(taken.coefficient) ||
      shown.event_version !== taken.version
    )
      day.findings.add(
        `${key} on ${book.id} is bet ${JSON.stringify(taken)}, repeated it is ${JSON.stringify(shown)}`,
      )
    return
  }
  const rival = book.tickets.get(shown.id)
  if (rival !== undefined || !Number.isSafeInteger(shown.id) || coefficient === undefined) {
    const why = rival === undefined ? 'something else than a bet' : `the bet of ${rival.key}`
    day.findings.add(`${key} on ${book.id} was answered with ${why}: ${JSON.stringify(shown)}`)
    return
  }
  book.add(ticket, { id: shown.id, coefficient: Number(coefficient), version: shown.event_version })
  book.showed(shown.event_version)
  day.tally.taken++
  day.tally.turnoverCents += BigInt(ticket.cents)
  const told = [shown.event_id, shown.sum, shown.potential_payout].join(', ')
  const expected = [book.id, shownCents(ticket.cents), shownCents(winOf(ticket))].join(', ')
  if (told !== expected)
    day.findings.add(`bet ${shown.id} was answered as ${told} and should be ${expected}`)
}

/** Why a refusal cannot be right; undefined when it can. */
function whyWrong(ticket: Ticket, floor: number, { status, body }: Answer): string | undefined {
  const { book } = ticket
  const { code, reason, coefficient, event_version } = body as Record<string, unknown>
  if (status !== 409 || !REFUSALS.has(String(code))) return 'for no reason'
  const wanted = code === 'ODDS_CHANGED' ? 'odds_changed' : reason
  // Bet-maker's clock decides about the deadline; here only whether there was one.
  if (wanted === 'deadline_passed') return undefined
  const possible = book.possible(floor).filter((at) => book.refusalAt(at, ticket) === wanted)
  const first = possible.find(
    (at) =>
      wanted !== 'odds_changed' ||
      (inDecimals(at.coefficient) === coefficient && at.version === event_version),
  )
  if (first !== undefined) book.showed(first.version)
  // Before the event's first answer it is not known with which version it began.
  return first === undefined && book.latest !== undefined ? 'for what never held' : undefined
}
