/**
 * What the contracts promise about events, versions, bets and payouts, in plain data. Written from
 * the contracts, not from the code under test. Money and coefficients are BigInt hundredths.
 */
export type State = 'NEW' | 'FINISHED_WIN' | 'FINISHED_LOSE' | 'CANCELLED'
export type BetState = 'PENDING' | 'WIN' | 'LOSE' | 'VOID'

/** An event between two effective changes. */
export interface Version {
  version: number
  coefficient: bigint
  /** Far in the past or far ahead: a run never crosses one. */
  deadlineAhead: boolean
  state: State
  suspended: boolean
  reason: string | null
}

export interface Change {
  coefficient?: bigint
  deadlineAhead?: boolean
  state?: State
  suspended?: boolean
  reason?: string
}

/** The right answer to a change: the event after it, or the code of the refusal. */
export type ChangeAnswer =
  | { kind: 'created' | 'changed' | 'kept'; event: Version }
  | { kind: 'refused'; code: 'VALIDATION_FAILED' | 'ILLEGAL_TRANSITION' | 'EVENT_ENDED' }

export function answerTo(change: Change, was: Version | undefined): ChangeAnswer {
  if (was === undefined) return answerToNew(change)
  const { reason = null, ...wanted } = change
  const fixedDiffer =
    (wanted.coefficient ?? was.coefficient) !== was.coefficient ||
    (wanted.deadlineAhead ?? was.deadlineAhead) !== was.deadlineAhead ||
    (wanted.suspended ?? was.suspended) !== was.suspended
  const stateDiffers = (wanted.state ?? was.state) !== was.state
  if (was.state !== 'NEW' && fixedDiffer) return { kind: 'refused', code: 'EVENT_ENDED' }
  if (was.state !== 'NEW' && stateDiffers && reason === null)
    return { kind: 'refused', code: 'ILLEGAL_TRANSITION' }
  if (!fixedDiffer && !stateDiffers) return { kind: 'kept', event: was }
  return { kind: 'changed', event: { ...was, ...wanted, reason, version: was.version + 1 } }
}

function answerToNew({
  coefficient,
  deadlineAhead,
  state,
  suspended = false,
  reason,
}: Change): ChangeAnswer {
  if (coefficient === undefined || deadlineAhead === undefined)
    return { kind: 'refused', code: 'VALIDATION_FAILED' }
  if ((state ?? 'NEW') !== 'NEW') return { kind: 'refused', code: 'ILLEGAL_TRANSITION' }
  const event = { version: 1, coefficient, deadlineAhead, state: 'NEW' as const, suspended }
  return { kind: 'created', event: { ...event, reason: reason ?? null } }
}

/** A request for a bet. Its `cents` are unique in a run, and identify its row. */
export interface Stake {
  event: number
  cents: bigint
  seen: bigint | undefined
  acceptOdds: 'exact' | 'higher' | 'any'
  /** The account that pays; undefined: none. */
  account: number | undefined
  key: string | undefined
}

export type Refusal = 'ended' | 'suspended' | 'deadline_passed' | 'odds_changed'

/** The first reason to refuse such a bet at a version; undefined if it is accepted. */
export function refusalAt(at: Version, { seen, acceptOdds }: Stake): Refusal | undefined {
  if (at.state !== 'NEW') return 'ended'
  if (at.suspended) return 'suspended'
  if (!at.deadlineAhead) return 'deadline_passed'
  if (acceptOdds === 'any' || at.coefficient === seen) return undefined
  return acceptOdds === 'higher' && seen !== undefined && at.coefficient > seen
    ? undefined
    : 'odds_changed'
}

const BET_STATES: Record<State, BetState> = {
  NEW: 'PENDING',
  FINISHED_WIN: 'WIN',
  FINISHED_LOSE: 'LOSE',
  CANCELLED: 'VOID',
}

export function betStateOf(state: State): BetState {
  return BET_STATES[state]
}

/** The payout in cents, half a cent rounded up; null while the bet is pending. */
export function payoutOf(cents: bigint, coefficient: bigint, state: BetState): bigint | null {
  if (state === 'PENDING') return null
  if (state === 'LOSE') return 0n
  if (state === 'VOID') return cents
  const exact = cents * coefficient
  return exact / 100n + (exact % 100n >= 50n ? 1n : 0n)
}

/** Hundredths as the API shows them: `12.50`. */
export function inDecimals(hundredths: bigint): string {
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`
}
