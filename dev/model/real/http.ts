import type { BetHistoryEntry, PlacedBet } from '@bets/bet-maker/src/domain/placed-bet.ts'
import type { toBetView, toBetWithHistoryView } from '@bets/bet-maker/src/presentation/bet-view.ts'
import { Bet } from '@bets/domain/bet'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import { formatHundredths, parseHundredths } from '@bets/domain/hundredths'
import { inDecimals, must } from '../bets-ledger.ts'
import { payoutOf, type Stake } from '../model.ts'

/** Longer than a service may take, whatever happens to it. */
const ANSWER_TIMEOUT_MS = 15_000

export interface Answer {
  status: number
  headers: Headers
  body: unknown
}

interface Sending {
  body?: object
  headers?: Record<string, string>
  /**
   * On a connection that is used again, `fetch` may send a request twice: for those of which that
   * changes nothing.
   */
  keepalive?: boolean
}

/** Sends a request and returns its answer, undefined when the connection ended without one. */
export async function ask(
  method: 'GET' | 'PUT' | 'POST',
  url: string,
  { body, headers, keepalive = false }: Sending,
): Promise<Answer | undefined> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  try {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      signal,
      keepalive,
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  } catch {
    must(!signal.aborted, 'no answer for too long', { method, url, body })
    return undefined
  }
}

/** The code of a problem document. */
export function codeOf({ body }: Answer): string {
  return String((body as { code?: unknown } | null)?.code)
}

/** A stake as the body of `POST /bet`. */
export function toBetBody(eventId: string, { cents, seen, acceptOdds }: Stake): object {
  return {
    event_id: eventId,
    bet_sum: inDecimals(cents),
    ...(seen !== undefined && { coefficient: inDecimals(seen) }),
    accept_odds: acceptOdds,
  }
}

/** A bet as HTTP shows it, back in its own form. */
export function readBet(shown: unknown): PlacedBet {
  const view = shown as ReturnType<typeof toBetView>
  const bet = new Bet(BetSum.parse(view.sum), Coefficient.parse(view.coefficient))
  const potential = payoutOf(BigInt(bet.sum.cents), BigInt(bet.coefficient.hundredths), 'WIN')
  must(
    view.potential_payout === formatHundredths(potential ?? 0n),
    'a wrong potential payout',
    view,
  )
  return {
    id: view.id,
    eventId: view.event_id,
    bet,
    eventVersion: view.event_version,
    state: view.state,
    payoutCents: toCents(view.payout),
    createdAt: view.created_at,
    settledAt: view.settled_at,
  }
}

export function readHistory(shown: unknown): BetHistoryEntry[] {
  const { history } = shown as ReturnType<typeof toBetWithHistoryView>
  return history.map(({ state, payout, event_version, at, reason }) => {
    const cents = toCents(payout)
    const payoutCents = cents === null ? null : BigInt(cents)
    return { state, payoutCents, eventVersion: event_version, at, reason }
  })
}

function toCents(decimal: string | null): number | null {
  if (decimal === null) return null
  const cents = parseHundredths(decimal)
  must(cents !== undefined, 'not an amount', decimal)
  return cents
}
