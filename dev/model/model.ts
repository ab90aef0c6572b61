/**
 * What the contracts promise of events, versions, bets and payouts, in plain data: written from the
 * contracts and not from the code that it judges. Money and prices are BigInt hundredths.
 */
export type State = 'NEW' | 'FINISHED_WIN' | 'FINISHED_LOSE' | 'CANCELLED'
export type BetState = 'PENDING' | 'WIN' | 'LOSE' | 'VOID'

/** An event as it was from one effective change to the next. */
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

/** What a change must be answered with: how the event is then, or a refusal's code. */
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

/**
 * A bet as it is asked for. Each in a run has a stake of its own, by which its row is recognized.
 */
export interface Stake {
  event: number
  cents: bigint
  seen: bigint | undefined
  acceptOdds: 'exact' | 'higher' | 'any'
  key: string | undefined
}

export type Refusal = 'ended' | 'suspended' | 'deadline_passed' | 'odds_changed'

/** Why an event takes no such bet at a version, the first that holds; undefined when it does. */
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

/** What a stake pays, in cents: half a cent is rounded up; null while nobody knows. */
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
