import { ACCOUNTS, type Action, type Bet, type Put, type Transfer } from './actions.ts'
import type { BetsLedger } from './bets-ledger.ts'
import type { LineLedger } from './line-ledger.ts'
import type { Change, Stake } from './model.ts'
import type { Move } from './money-ledger.ts'

const THOUSAND = 1_000n
type Alter = Extract<Action, { kind: 'again' }>['alter']

/** Turns the actions of a plan into changes and stakes, by the current state of the ledgers. */
export class Requests {
  readonly #stakes: Stake[] = []
  readonly #moves: Move[] = []

  /**
   * `room` must exceed the number of stakes in a run: multiples of it come from the plan, and the
   * rest makes each sum unique.
   */
  constructor(
    private readonly line: LineLedger,
    private readonly bets: BetsLedger,
    private readonly room: bigint = THOUSAND,
  ) {}

  /** Every request that was made, once. */
  get stakes(): readonly Stake[] {
    return this.#stakes
  }

  toChange({ event, bare, change }: Put): Change {
    const { coefficient, state, ...rest } = change
    const isNew = this.line.latest(event) === undefined && !bare
    return {
      ...(isNew && { coefficient: 150n, deadlineAhead: true }),
      ...rest,
      ...(coefficient !== undefined && { coefficient: BigInt(coefficient) }),
      ...(state !== undefined && !isNew && { state }),
    }
  }

  /** A new request; keys of different `keySpace`s differ. */
  newBet({ event, thousands, seen, acceptOdds, account, key }: Bet, keySpace = ''): Stake {
    const latest = this.line.latest(event)?.coefficient ?? 150n
    const choices = {
      none: undefined,
      same: latest,
      lower: max(latest - 1n, 100n),
      higher: min(latest + 1n),
    }
    return this.#note({
      event,
      cents: BigInt(thousands) * THOUSAND,
      seen: choices[seen],
      acceptOdds: seen === 'none' ? 'any' : acceptOdds,
      account,
      key: key === undefined ? undefined : `k${key}${keySpace}`,
    })
  }

  /**
   * One of the requests with a key, counted from the latest if `which` is negative: unchanged, or
   * altered in one property, and in its stake as well unless the bet was certainly accepted.
   */
  again(which: number, alter: Alter): Stake | undefined {
    const keyed = this.#stakes.filter(({ key }) => key !== undefined)
    const stake = keyed.at(which % Math.max(keyed.length, 1))
    return stake && this.#altered(stake, alter)
  }

  /** A new transfer; keys of different `keySpace`s differ. */
  newMove({ account, way, thousands, key }: Transfer, keySpace = ''): Move {
    const whole = (BigInt(thousands) * THOUSAND) / this.room
    const cents = whole * this.room + BigInt(this.#moves.length + 1)
    const move: Move = { account, kind: way, cents, key: `t${key}${keySpace}` }
    this.#moves.push(move)
    return move
  }

  /** One of the transfers. */
  moveAgain(which: number): Move | undefined {
    return this.#moves[which % Math.max(this.#moves.length, 1)]
  }

  /** Records a request with a stake that is unique in the run. */
  #note(stake: Stake): Stake {
    const cents = (stake.cents / this.room) * this.room + BigInt(this.#stakes.length + 1)
    const own = { ...stake, cents }
    this.#stakes.push(own)
    return own
  }

  #altered(stake: Stake, alter: Alter): Stake {
    if (alter === 'nothing') return stake
    if (alter === 'cents') return this.#note(stake)
    const { event, seen, acceptOdds, account } = stake
    const seenOther = max((seen ?? 150n) - 1n, 100n)
    const others: Record<typeof alter, Stake> = {
      event: { ...stake, event: event === 0 ? 1 : 0 },
      seen: { ...stake, seen: seenOther === seen ? 101n : seenOther },
      account: { ...stake, account: ((account ?? 0) + 1) % ACCOUNTS },
      accept_odds: {
        ...stake,
        seen: seen ?? 150n,
        acceptOdds: acceptOdds === 'exact' ? 'higher' : 'exact',
      },
    }
    const wasAccepted = this.bets.accepted.get(stake.cents)?.stake === stake
    return wasAccepted ? others[alter] : this.#note(others[alter])
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint): bigint {
  return a < 9_999_999n ? a : 9_999_999n
}
