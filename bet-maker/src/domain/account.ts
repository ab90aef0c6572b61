import type { TransferAmount } from './transfer-amount.ts'

/** A bettor's money at a client, which opened the account with its first deposit. */
export interface Account {
  accountId: string
  /** Below 0 only after a correction. */
  balanceCents: bigint
  /** RFC 3339. */
  createdAt: string
}

export type TransferKind = 'deposit' | 'withdrawal'

/** A request to move money into an account or out of it. */
export interface TransferRequest {
  /** Whose account it is; '' while tokens are off. */
  client: string
  accountId: string
  kind: TransferKind
  amount: TransferAmount
  /** The idempotency key. */
  key: string
}

/** A transfer that was made. */
export interface Transfer {
  id: number
  accountId: string
  kind: TransferKind
  amountCents: number
  /** What the account held after it. */
  balanceCents: bigint
  /** RFC 3339. */
  createdAt: string
}

/** Whether a transfer is what the request asks for, so that the request is a replay. */
export function isSameTransfer(transfer: Transfer, request: TransferRequest): boolean {
  return (
    transfer.accountId === request.accountId &&
    transfer.kind === request.kind &&
    transfer.amountCents === request.amount.cents
  )
}

export type EntryKind = TransferKind | 'stake' | 'payout' | 'refund' | 'correction'

/** One movement of an account's money. */
export interface LedgerEntry {
  id: number
  kind: EntryKind
  /** What the account gained; below 0 what it lost. */
  amountCents: number
  /** What the account held after it. */
  balanceCents: bigint
  /** The bet that moved it; null for transfers. */
  betId: number | null
  /** The transfer that moved it; null for bets. */
  transferId: number | null
  /** The event's version that the bet was settled by; null for stakes and transfers. */
  eventVersion: number | null
  /** RFC 3339. */
  at: string
}
