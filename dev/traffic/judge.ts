import { type BetState, betStateOf, inDecimals, payoutOf, type Version } from '../model/model.ts'
import type { ShownBet, ShownBetWithHistory, ShownEntry } from './shown.ts'

/** A bet as it was answered; amounts in hundredths. */
export interface TakenBet {
  eventId?: string
  cents: bigint
  coefficient: bigint
  version: number
}

/**
 * Holds a bet, as it is shown, against what was answered and against the state that it must be in.
 * Returns what is off, one sentence each.
 */
export function judgeBet(taken: TakenBet, state: BetState, shown: ShownBet): string[] {
  const off = differences(expectedBet(taken, state), shown)
  if ((shown.settled_at === null) !== (shown.state === 'PENDING'))
    off.push(`is ${shown.state} and was settled at ${shown.settled_at}`)
  return off
}

function expectedBet(
  { eventId, cents, coefficient, version }: TakenBet,
  state: BetState,
): Partial<ShownBet> {
  return {
    ...(eventId !== undefined && { event_id: eventId }),
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

/** What is shown other than expected, field by field. */
function differences<T extends object>(expected: T, shown: T): string[] {
  return (Object.keys(expected) as (keyof T & string)[])
    .filter((field) => shown[field] !== expected[field])
    .map((field) => `${field} is ${shown[field]}, should be ${expected[field]}`)
}

/**
 * Holds a bet's history against the versions that its event has had. bet-maker may have missed some
 * of them, but not those in `known`. Returns what is off, one sentence each.
 */
export function judgeHistory(
  { cents, coefficient, version }: TakenBet,
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
  const off =
    placed === undefined
      ? ['has no history']
      : differences(first, placed).map(of('the first entry'))
  let before: ShownEntry = placed ?? first
  for (const entry of changes) {
    const expected = expectedEntry(cents, coefficient, versionAt(entry.event_version))
    off.push(...differences(expected, entry).map(of(`the entry of version ${entry.event_version}`)))
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
  for (const missing of known)
    if (missing > version && !has.has(missing)) off.push(`its history lacks version ${missing}`)
  if (state !== before.state || payout !== before.payout)
    off.push(
      `is ${state} and pays ${payout}, its history ends with ${before.state} and ${before.payout}`,
    )
  return off
}

function expectedEntry(
  cents: bigint,
  coefficient: bigint,
  at: Version | undefined,
): Partial<ShownEntry> {
  if (at === undefined) return { event_version: Number.NaN }
  const state = betStateOf(at.state)
  return { state, payout: shownPayout(cents, coefficient, state), reason: at.reason }
}
