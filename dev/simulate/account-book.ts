import type { Ticket } from './event-book.ts'

/** A deposit or a withdrawal as requested. Amounts are in cents. */
export interface Transfer {
  readonly account: AccountBook
  readonly kind: 'deposit' | 'withdrawal'
  readonly cents: number
  readonly key: string
  /** An attempt was answered 201: it made the transfer. A repeat may be answered before it. */
  wasFirst: boolean
  /** The answer; undefined until the transfer is known to be made. */
  made: Made | undefined
}

interface Made {
  id: number
  /** What the account held after it. */
  balance: number
  createdAt: string
}

/** An account of the run: everything that its bettor did with it. */
export class AccountBook {
  /** The transfers that were made, by their ids. */
  readonly transfers = new Map<number, Transfer>()
  /** The accepted bets that it paid for, by their ids. */
  readonly tickets = new Map<number, Ticket>()
  /** The balances that answers other than transfers showed, in cents. */
  readonly seenCents = new Set<number>()

  constructor(
    readonly client: number,
    readonly id: string,
  ) {}

  /** Clients are numbered in the order of their tokens; their accounts may have the same ids. */
  get name(): string {
    return `account ${this.id} of client ${this.client + 1}`
  }

  get movedCents(): bigint {
    return [...this.transfers.values()].reduce((sum, transfer) => sum + signedCents(transfer), 0n)
  }

  /** What it must hold once all its bets have been read back. */
  get dueCents(): bigint {
    let sum = this.movedCents
    for (const { cents, dueCents } of this.tickets.values()) sum += BigInt(dueCents - cents)
    return sum
  }
}

/** What a transfer adds to its account. */
export function signedCents({ kind, cents }: Transfer): bigint {
  return BigInt(kind === 'deposit' ? cents : -cents)
}
