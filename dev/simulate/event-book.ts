import {
  type BetState,
  betStateOf,
  inDecimals,
  payoutOf,
  type Refusal,
  refusalAt,
  type Stake,
  type Version,
} from '../model/model.ts'
import type { AcceptedBet } from '../traffic/judge.ts'
import type { AccountBook } from './account-book.ts'

/** A version of an event, and when its change was sent and answered, by `performance.now()`. */
export interface KnownVersion extends Version {
  sentAtMs: number
  answeredAtMs: number
}

/**
 * A bet as requested. Amounts are plain numbers in hundredths, because a run keeps hundreds of
 * thousands of them.
 */
export interface Ticket {
  readonly book: EventBook
  readonly client: number
  /** The account that pays; undefined when the client keeps the bettor's money itself. */
  readonly account: AccountBook | undefined
  readonly key: string
  readonly cents: number
  readonly seen: number | undefined
  readonly acceptOdds: Stake['acceptOdds']
  /**
   * When it was first sent, by `performance.now()`, and the event version that bet-maker was known
   * to have applied by then.
   */
  sentAtMs: number
  floor: number
  /** When it was known to be accepted, by `performance.now()`. */
  acceptedAtMs: number
  /** An attempt was answered 201: it created the bet. A repeat may be answered before it. */
  wasFirst: boolean
  /** The answer; undefined until the bet is known to be accepted. */
  accepted: Accepted | undefined
  /** What it pays in the end. Known once it has been read back. */
  dueCents: number
}

interface Accepted {
  id: number
  coefficient: number
  version: number
}

/**
 * How much later than the end of its event a bet has to be sent to be void for certain: longer than
 * the clocks of the two databases are known to differ.
 */
const SURELY_LATE_MS = 1_000

/** An event of the run: all its versions and all bets accepted on it. */
export class EventBook {
  readonly versions: KnownVersion[] = []
  /** The change that was sent but not answered yet. */
  coming: Version | undefined
  /** The newest version that bet-maker is known to have applied. */
  floor = 0
  readonly tickets = new Map<number, Ticket>()
  /** Added up while bets were answered, not from `tickets`, so that the two can be compared. */
  stakeCents = 0n
  winCents = 0n
  /** The stakes that accounts paid. */
  accountStakeCents = 0n
  /** What bets that were placed after the end get on top of what the result means. */
  lateCents = 0n

  constructor(
    readonly id: string,
    /** Whole Unix seconds. */
    readonly deadline: number,
  ) {}

  get latest(): KnownVersion | undefined {
    return this.versions.at(-1)
  }

  at(version: number): KnownVersion | undefined {
    const first = this.versions[0]
    return first && this.versions[version - first.version]
  }

  /** The total payout of its bets in its current state; null while it is open. */
  get payoutCents(): bigint | null {
    const state = this.latest?.state
    if (state === undefined || state === 'NEW') return null
    const due =
      state === 'FINISHED_WIN' ? this.winCents : state === 'CANCELLED' ? this.stakeCents : 0n
    return due + this.lateCents
  }

  /** The state that follows from the event's. */
  get betState(): BetState {
    return betStateOf(this.latest?.state ?? 'NEW')
  }

  /**
   * The state that a bet must have at a version. It is void when it was placed after the latest end
   * of the event; around the end, `shown` decides.
   */
  dueState(ticket: Ticket, shown: BetState, at = this.latest): BetState {
    const state = betStateOf(at?.state ?? 'NEW')
    const versions = this.versions.filter(({ version }) => version <= (at?.version ?? 0))
    const end = versions[versions.findLastIndex((before) => before.state === 'NEW') + 1]
    if (end === undefined || ticket.acceptedAtMs < end.sentAtMs) return state
    const isLate = ticket.sentAtMs > end.answeredAtMs + SURELY_LATE_MS
    return isLate || shown === 'VOID' ? 'VOID' : state
  }

  /** Notes what each bet pays, and what late bets get back, once all bets have been read. */
  noteDue(listed: readonly { id: number; state: BetState }[]): void {
    this.lateCents = 0n
    for (const { id, state } of listed) {
      const ticket = this.tickets.get(id)
      if (ticket === undefined) continue
      const due = paidIn(ticket, this.dueState(ticket, state))
      ticket.dueCents = Number(due)
      this.lateCents += due - paidIn(ticket, this.betState)
    }
  }

  add(ticket: Ticket, accepted: Accepted): void {
    ticket.accepted = accepted
    this.tickets.set(accepted.id, ticket)
    ticket.account?.tickets.set(accepted.id, ticket)
    this.stakeCents += BigInt(ticket.cents)
    if (ticket.account !== undefined) this.accountStakeCents += BigInt(ticket.cents)
    this.winCents += winOf(ticket)
  }

  /**
   * An answer proves that bet-maker has applied a version: bets sent from now on may not be
   * accepted or refused by an earlier one.
   */
  showed(version: number): void {
    this.floor = Math.max(this.floor, version)
  }

  /** The versions that may have decided about a bet sent when `floor` was the newest proven. */
  possible(floor: number): Version[] {
    const known = this.versions.filter(({ version }) => version >= floor)
    return this.coming === undefined ? known : [...known, this.coming]
  }

  refusalAt(at: Version, ticket: Ticket): Refusal | undefined {
    return refusalAt(at, stakeOf(ticket))
  }
}

function stakeOf({ cents, seen, acceptOdds, key }: Ticket): Stake {
  return {
    event: 0,
    cents: BigInt(cents),
    seen: seen === undefined ? undefined : BigInt(seen),
    acceptOdds,
    account: undefined,
    key,
  }
}

/** The accepted bet as the judges compare it. */
export function acceptedOf({ book, account, cents, accepted }: Ticket): AcceptedBet {
  return {
    eventId: book.id,
    accountId: account?.id,
    cents: BigInt(cents),
    coefficient: BigInt(accepted?.coefficient ?? 0),
    version: accepted?.version ?? 0,
  }
}

/** What an accepted bet pays in a state; nothing while it is pending. */
export function paidIn({ cents, accepted }: Ticket, state: BetState): bigint {
  return payoutOf(BigInt(cents), BigInt(accepted?.coefficient ?? 0), state) ?? 0n
}

/** The payout of an accepted bet if it wins. */
export function winOf(ticket: Ticket): bigint {
  return paidIn(ticket, 'WIN')
}

export function shownCents(cents: bigint | number): string {
  return cents < 0 ? `-${inDecimals(-BigInt(cents))}` : inDecimals(BigInt(cents))
}
