import { must } from './bets-ledger.ts'

/** A request to move money. Its `cents` are unique in a run, and identify it. */
export interface Move {
  account: number
  kind: 'deposit' | 'withdrawal'
  cents: bigint
  key: string
}

export type MoveAnswer =
  | { kind: 'moved'; id: number; cents: bigint; balance: bigint; replayed: boolean }
  | { kind: 'refused'; code: string; extras: Readonly<Record<string, unknown>> }
  /** No answer, or one that says that the outcome is unknown. */
  | { kind: 'unknown' }
  /** Refused, without effect, for lack of a resource that the model does not know of. */
  | { kind: 'shed' }

interface MoveAttempt {
  move: Move
  /** Whether the account certainly existed when it was sent. */
  existedBefore: boolean
  status: 'in_flight' | 'made' | 'refused' | 'unknown'
}

/** All requested moves of a run, and what their answers allow to be true. */
export class MoneyLedger {
  readonly attempts: MoveAttempt[] = []
  /** What was certainly made, with the transfers' ids. */
  readonly made = new Map<Move, number>()

  begin(move: Move): MoveAttempt {
    const existedBefore = [...this.made.keys()].some(({ account }) => account === move.account)
    const attempt: MoveAttempt = { move, existedBefore, status: 'in_flight' }
    this.attempts.push(attempt)
    return attempt
  }

  judge(attempt: MoveAttempt, answer: MoveAnswer): void {
    const { move } = attempt
    const about = { move, answer }
    if (answer.kind === 'unknown') attempt.status = 'unknown'
    else if (answer.kind === 'shed') attempt.status = 'refused'
    else if (answer.kind === 'moved') {
      must(answer.cents === move.cents, 'another amount was moved', about)
      must(move.kind === 'deposit' || answer.balance >= 0n, 'a withdrawal overdrew', about)
      must(answer.replayed || !this.made.has(move), 'money was moved twice', about)
      this.#note(move, answer.id)
      attempt.status = 'made'
    } else {
      attempt.status = 'refused'
      this.#judgeRefusal(attempt, answer)
    }
  }

  /** A transfer that was found afterwards, because its request got no answer. */
  recover(found: { account: number; kind: string; cents: bigint; id: number }): void {
    const attempt = this.attempts.find(
      ({ move, status }) => move.cents === found.cents && status === 'unknown',
    )
    must(attempt !== undefined, 'a refused transfer was made', found)
    const { move } = attempt
    must(move.account === found.account && move.kind === found.kind, 'another transfer', found)
    this.#note(move, found.id)
  }

  #judgeRefusal(
    { move, existedBefore }: MoveAttempt,
    { code, extras }: MoveAnswer & { kind: 'refused' },
  ): void {
    const about = { move, code, extras }
    must(!this.made.has(move), 'what was made had to be returned', about)
    if (code === 'IDEMPOTENCY_KEY_REUSED') {
      must(this.#others(move).length > 0, 'no other transfer has the key', about)
      return
    }
    must(move.kind === 'withdrawal', 'a deposit was refused', about)
    if (code === 'ACCOUNT_NOT_FOUND') must(!existedBefore, 'the account existed', about)
    else
      must(
        code === 'INSUFFICIENT_FUNDS' && cents(extras.balance) < move.cents,
        'refused although there was enough',
        about,
      )
  }

  #note(move: Move, id: number): void {
    const rival = [...this.made.keys()].find(({ key }) => key === move.key)
    must(rival === undefined || rival === move, 'two transfers have one key', { rival, move })
    must((this.made.get(move) ?? id) === id, 'two transfers for one request', move)
    this.made.set(move, id)
  }

  #others(move: Move): MoveAttempt[] {
    return this.attempts.filter(
      ({ move: other, status }) => other !== move && other.key === move.key && status !== 'refused',
    )
  }
}

/** `-1.50` in cents. */
export function cents(shown: unknown): bigint {
  return BigInt(String(shown).replace('.', ''))
}
