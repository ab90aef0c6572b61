import {
  inDecimals,
  payoutOf,
  type Refusal,
  refusalAt,
  type Stake,
  type Version,
} from '../model/model.ts'
import type { TakenBet } from '../traffic/judge.ts'

/**
 * An event from one change to the next, and when it was asked for and answered, by
 * `performance.now()`.
 */
export interface KnownVersion extends Version {
  sentAtMs: number
  answeredAtMs: number
}

/**
 * A bet as a bettor asks for it: plain numbers, in hundredths, because a run remembers hundreds of
 * thousands.
 */
export interface Ticket {
  readonly book: EventBook
  readonly client: number
  readonly key: string
  readonly cents: number
  readonly seen: number | undefined
  readonly acceptOdds: Stake['acceptOdds']
  /**
   * When it was first sent, by `performance.now()`, and what bet-maker had shown to know of the
   * event by then.
   */
  sentAtMs: number
  floor: number
  /**
   * One sending was told that it was this one that took the bet. A repeat may be answered before
   * it.
   */
  wasFirst: boolean
  /** What was answered; undefined until it is known that it was taken. */
  taken: Taken | undefined
}

interface Taken {
  id: number
  coefficient: number
  version: number
}

/** An event of the run: every version it has had, and every bet that was taken on it. */
export class EventBook {
  readonly versions: KnownVersion[] = []
  /** The change that was sent and not yet answered. */
  coming: Version | undefined
  /** The version that bet-maker has certainly known of. */
  floor = 0
  readonly tickets = new Map<number, Ticket>()
  /**
   * Added up as bets were answered, and not from `tickets`, so that one can be held against the
   * other.
   */
  stakeCents = 0n
  winCents = 0n

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

  /** What all its bets together are paid, by its state as it now is; null while it is open. */
  get payoutCents(): bigint | null {
    const state = this.latest?.state
    if (state === undefined || state === 'NEW') return null
    return state === 'FINISHED_WIN' ? this.winCents : state === 'CANCELLED' ? this.stakeCents : 0n
  }

  add(ticket: Ticket, taken: Taken): void {
    ticket.taken = taken
    this.tickets.set(taken.id, ticket)
    this.stakeCents += BigInt(ticket.cents)
    this.winCents += winOf(ticket)
  }

  /**
   * bet-maker has shown that it knows a version: no bet that is sent from now on may be judged by
   * an earlier one.
   */
  showed(version: number): void {
    this.floor = Math.max(this.floor, version)
  }

  /**
   * Versions by which a bet that is sent now, or was sent when `floor` was known, may have been
   * judged.
   */
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
    key,
  }
}

/** What was answered to a bet, for the judges. */
export function takenOf({ book, cents, taken }: Ticket): TakenBet {
  return {
    eventId: book.id,
    cents: BigInt(cents),
    coefficient: BigInt(taken?.coefficient ?? 0),
    version: taken?.version ?? 0,
  }
}

/** What a taken bet pays if it wins. */
export function winOf({ cents, taken }: Ticket): bigint {
  return payoutOf(BigInt(cents), BigInt(taken?.coefficient ?? 0), 'WIN') ?? 0n
}

export function shownCents(cents: bigint | number): string {
  return inDecimals(BigInt(cents))
}
