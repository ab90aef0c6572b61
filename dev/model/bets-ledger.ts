import { judgeBet } from '../traffic/judge.ts'
import type { ShownBet } from '../traffic/shown.ts'
import {
  type BetState,
  inDecimals,
  type Refusal,
  refusalAt,
  type Stake,
  type Version,
} from './model.ts'
import { cents } from './money-ledger.ts'

export type Gate = 'open' | 'closed' | 'either'

export function must(holds: boolean, what: string, about: unknown = ''): asserts holds {
  if (holds) return
  const shown = JSON.stringify(about, (_, value) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  throw new Error(`${what} ${shown}`)
}

/** One sending of a request, and what could be true while it was in flight. */
export interface Attempt {
  stake: Stake
  /** The version that bet-maker certainly knew when it was sent; 0: none. */
  knownBefore: number
  existedBefore: boolean
  /** The states of the freshness gate meanwhile. */
  gates: Set<Gate>
  /** The bet that certainly had its key when it was sent. */
  earlier: Accepted | undefined
  status: 'in_flight' | 'accepted' | 'refused' | 'unknown'
}

/** A bet that was certainly accepted. */
export interface Accepted {
  stake: Stake
  id: number
  version: number
  coefficient: bigint
}

export type BetAnswer =
  | { kind: 'bet'; bet: ShownBet; replayed: boolean }
  | { kind: 'refused'; code: string; extras: Readonly<Record<string, unknown>> }
  /** No answer, or one that says that the outcome is unknown. */
  | { kind: 'unknown' }
  /** Refused, without effect, for lack of a resource that the model does not know of. */
  | { kind: 'shed' }

/** All requested bets of a run, and what their answers allow to be true. */
export class BetsLedger {
  readonly attempts: Attempt[] = []
  readonly accepted = new Map<bigint, Accepted>()
  /** Requests whose answer says that another bet has their key. */
  readonly keysSaidToBeUsed: Stake[] = []
  readonly #fresh = new Set<Stake>()

  begin(
    stake: Stake,
    world: Pick<Attempt, 'knownBefore' | 'existedBefore'> & { gate: Gate },
  ): Attempt {
    const earlier = stake.key === undefined ? undefined : this.#acceptedWith(stake.key)
    const { gate, ...rest } = world
    const attempt: Attempt = {
      stake,
      ...rest,
      gates: new Set([gate]),
      earlier,
      status: 'in_flight',
    }
    this.attempts.push(attempt)
    return attempt
  }

  sawGate(gate: Gate): void {
    for (const attempt of this.attempts) if (attempt.status === 'in_flight') attempt.gates.add(gate)
  }

  /** Judges an answer; `versions` are those that the event has had by now. */
  judge(attempt: Attempt, answer: BetAnswer, versions: readonly Version[]): void {
    if (answer.kind === 'unknown') attempt.status = 'unknown'
    else if (answer.kind === 'shed') attempt.status = 'refused'
    else if (answer.kind === 'bet') this.#judgeBet(attempt, answer, versions)
    else {
      this.#judgeRefusal(attempt, answer, versions)
      attempt.status = 'refused'
    }
  }

  /** A bet that was found afterwards, because its request got no answer. */
  recover(stake: Stake, bet: ShownBet, versions: readonly Version[]): void {
    const unknown = this.attempts.some((a) => a.stake === stake && a.status === 'unknown')
    must(unknown, 'a refused bet is stored', { stake, bet })
    this.#note(stake, bet, versions, 1)
  }

  #acceptedWith(key: string): Accepted | undefined {
    return [...this.accepted.values()].find(({ stake }) => stake.key === key)
  }

  #judgeBet(
    attempt: Attempt,
    { bet, replayed }: BetAnswer & { kind: 'bet' },
    versions: readonly Version[],
  ) {
    const { stake, earlier } = attempt
    must(earlier === undefined || earlier.stake === stake, 'a key was used twice', { stake, bet })
    must(!(earlier !== undefined && !replayed), 'a bet was placed twice', { stake, bet })
    must(!replayed || stake.key !== undefined, 'a replay without a key', { stake, bet })
    must(replayed || !this.#fresh.has(stake), 'two answers say that they placed one bet', {
      stake,
      bet,
    })
    if (!replayed) this.#fresh.add(stake)
    const known = this.accepted.get(stake.cents)
    if (known === undefined) {
      const gateNeeded = !replayed
      must(
        !gateNeeded || [...attempt.gates].some((gate) => gate !== 'closed'),
        'accepted while closed',
        stake,
      )
      this.#note(stake, bet, versions, replayed ? 1 : attempt.knownBefore)
    } else must(known.id === bet.id, 'two bets for one request', { known, bet })
    checkBet(bet, this.accepted.get(stake.cents) as Accepted)
    attempt.status = 'accepted'
  }

  #note(stake: Stake, bet: ShownBet, versions: readonly Version[], knownBefore: number): void {
    const at = versions.find(({ version }) => version === bet.event_version)
    must(at !== undefined && at.version >= knownBefore, 'accepted at an impossible version', {
      stake,
      bet,
    })
    must(refusalAt(at, stake) === undefined, 'accepted although it had to be refused', {
      stake,
      bet,
      at,
    })
    const rival = stake.key === undefined ? undefined : this.#acceptedWith(stake.key)
    must(rival === undefined, 'two bets have one key', { rival, stake })
    const coefficient = at.coefficient
    this.accepted.set(stake.cents, { stake, id: bet.id, version: at.version, coefficient })
  }

  #judgeRefusal(
    attempt: Attempt,
    answer: BetAnswer & { kind: 'refused' },
    versions: readonly Version[],
  ) {
    const { stake, earlier, gates, knownBefore, existedBefore } = attempt
    const { code, extras } = answer
    const about = { stake, code, extras, knownBefore, versions, gates: [...gates] }
    const others = this.attempts.filter((a) => a.stake.key === stake.key && a.stake !== stake)
    if (code === 'IDEMPOTENCY_KEY_REUSED') {
      const rival = stake.key !== undefined && others.some(({ status }) => status !== 'refused')
      this.keysSaidToBeUsed.push(stake)
      return must(rival && earlier?.stake !== stake, 'no other bet has the key', about)
    }
    must(earlier === undefined, 'the bet of the key had to be returned', about)
    const possible = versions.filter(({ version }) => version >= knownBefore)
    if (code === 'FEED_DOWN')
      return must(
        [...gates].some((gate) => gate !== 'open'),
        'the gate was open',
        about,
      )
    must(
      [...gates].some((gate) => gate !== 'closed'),
      'the gate was closed',
      about,
    )
    if (code === 'EVENT_NOT_FOUND') return must(!existedBefore, 'the event existed', about)
    if (code === 'OVERLOADED')
      return must(
        possible.length > 1 || gates.size > 1 || stake.account !== undefined,
        'nothing changed',
        about,
      )
    if (code === 'ACCOUNT_NOT_FOUND' || code === 'INSUFFICIENT_FUNDS') {
      const acceptable = possible.some((at) => refusalAt(at, stake) === undefined)
      const short = code === 'ACCOUNT_NOT_FOUND' || cents(extras.balance) < stake.cents
      return must(stake.account !== undefined && acceptable && short, 'the account had it', about)
    }
    const fits = possible.some((at) => fitsRefusal(refusalAt(at, stake), at, code, extras))
    must(fits, 'refused for a reason that never held', about)
  }
}

function fitsRefusal(
  refusal: Refusal | undefined,
  at: Version,
  code: string,
  extras: Readonly<Record<string, unknown>>,
): boolean {
  if (refusal === undefined) return false
  if (refusal !== 'odds_changed') return code === 'EVENT_NOT_OPEN' && extras.reason === refusal
  const shown =
    extras.coefficient === inDecimals(at.coefficient) && extras.event_version === at.version
  return code === 'ODDS_CHANGED' && shown
}

/** A bet must show what was accepted, and pay what its own state means. */
export function checkBet(bet: ShownBet, { stake, id, version, coefficient }: Accepted): void {
  const accepted = { cents: stake.cents, coefficient, version }
  const off = judgeBet(accepted, bet.state as BetState, bet)
  must(off.length === 0 && bet.id === id, `a bet is not what was accepted: ${off}`, { bet, id })
}
