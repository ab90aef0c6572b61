import { type BetState, betStateOf, inDecimals, payoutOf, type Version } from '../model/model.ts'
import type { ShownBet, ShownBetWithHistory, ShownEntry } from './shown.ts'

/** A bet as answered when it was accepted; amounts in hundredths. */
export interface AcceptedBet {
  eventId?: string
  /** The account that paid for it. */
  accountId?: string | undefined
  cents: bigint
  coefficient: bigint
  version: number
}

/** Compares a bet as shown with its answer and its due state. Returns one text per mismatch. */
export function judgeBet(accepted: AcceptedBet, state: BetState, shown: ShownBet): string[] {
  const mismatches = differences(expectedBet(accepted, state), shown)
  if ((shown.settled_at === null) !== (shown.state === 'PENDING'))
    mismatches.push(`is ${shown.state} and was settled at ${shown.settled_at}`)
  return mismatches
}

function expectedBet(
  { eventId, accountId, cents, coefficient, version }: AcceptedBet,
  state: BetState,
): Partial<ShownBet> {
  return {
    ...(eventId !== undefined && { event_id: eventId }),
    ...(accountId !== undefined && { account_id: accountId }),
    sum: inDecimals(cents),
    coefficient: inDecimals(coefficient),
    event_version: version,
    potential_payout: inDecimals(payoutOf(cents, coefficient, 'WIN') ?? 0n),
    state,
    payout: shownPayout(cents, coefficient, state),
  }
}

function shownPayout(cents: bigint, coefficient: bigint, state: BetState): string | null {
  const payout = payoutOf(cents, coefficient, state)
  return payout === null ? null : inDecimals(payout)
}

/** The fields that differ from what was expected. */
function differences<T extends object>(expected: T, shown: T): string[] {
  return (Object.keys(expected) as (keyof T & string)[])
    .filter((field) => shown[field] !== expected[field])
    .map((field) => `${field} is ${shown[field]}, should be ${expected[field]}`)
}

/**
 * Compares a bet's history with the versions of its event. bet-maker may have skipped some of them,
 * but not those in `known`. A bet may be void because it was placed after the end of its event:
 * callers that know better compare its state. Returns one text per mismatch.
 */
export function judgeHistory(
  { cents, coefficient, version }: AcceptedBet,
  versionAt: (version: number) => Version | undefined,
  { created_at, state, payout, history }: ShownBetWithHistory,
  known: ReadonlySet<number> = new Set(),
): string[] {
  const [placed, ...changes] = history
  const first: ShownEntry = {
    state: 'PENDING',
    payout: null,
    event_version: version,
    at: created_at,
    reason: null,
  }
  const of = (entry: string) => (difference: string) => `${entry}: ${difference}`
  const mismatches =
    placed === undefined
      ? ['has no history']
      : differences(first, placed).map(of('the first entry'))
  let before: ShownEntry = placed ?? first
  for (const entry of changes) {
    const expected = expectedEntry(cents, coefficient, versionAt(entry.event_version), entry)
    const name = `the entry of version ${entry.event_version}`
    mismatches.push(...differences(expected, entry).map(of(name)))
    if (entry.event_version <= before.event_version)
      mismatches.push(
        `version ${entry.event_version} comes after version ${before.event_version} in its history`,
      )
    // The same result again has another end: bet-maker missed that the event was reopened.
    if (entry.state === before.state && entry.state === 'PENDING')
      mismatches.push(`its history says ${entry.state} twice in a row`)
    if (!(Date.parse(entry.at) >= Date.parse(before.at)))
      mismatches.push(`its history goes from ${before.at} back to ${entry.at}`)
    before = entry
  }
  const has = new Set(changes.map(({ event_version }) => event_version))
  for (const missing of known)
    if (missing > version && !has.has(missing))
      mismatches.push(`its history lacks version ${missing}`)
  if (state !== before.state || payout !== before.payout)
    mismatches.push(
      `is ${state} and pays ${payout}, its history ends with ${before.state} and ${before.payout}`,
    )
  return mismatches
}

function expectedEntry(
  cents: bigint,
  coefficient: bigint,
  at: Version | undefined,
  { reason }: ShownEntry,
): Partial<ShownEntry> {
  if (at === undefined) return { event_version: Number.NaN }
  const isLate = at.state !== 'NEW' && reason === 'placed_after_end'
  const state = isLate ? 'VOID' : betStateOf(at.state)
  return {
    state,
    payout: shownPayout(cents, coefficient, state),
    reason: isLate ? reason : at.reason,
  }
}
