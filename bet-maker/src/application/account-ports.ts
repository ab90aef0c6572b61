import type { Account, LedgerEntry, Transfer, TransferRequest } from '../domain/account.ts'

/** The outcome of a request for a transfer. `not_made` carries the situation a moment later. */
export type TransferOutcome =
  | { kind: 'made'; transfer: Transfer }
  | {
      kind: 'not_made'
      /** The transfer that was made with the same client and key. */
      earlier: Transfer | undefined
      /** What the account holds; undefined: the client has no such account. */
      balanceCents: bigint | undefined
    }

/** Where transfers are made. */
export interface Transfers {
  /**
   * Makes a transfer if the account can pay for it, in one statement that many callers share.
   * Throws `OverloadedError` at once when too many are queued, and `DatabaseUnavailableError` when
   * there is no answer: it may have been made all the same.
   */
  make(request: TransferRequest): Promise<TransferOutcome>
}

/**
 * The accounts and what moved on them. Throws `OverloadedError` when too many reads of the client
 * are queued, and `DatabaseUnavailableError` when there is no answer.
 */
export interface AccountRecords {
  find(accountId: string, client: string): Promise<Account | undefined>
  /** By id, beyond one. */
  list(client: string, after: string | undefined, limit: number): Promise<Account[]>
  /** An account's entries, newest first, below an id; undefined without the account. */
  entries(
    accountId: string,
    client: string,
    below: string | undefined,
    limit: number,
  ): Promise<LedgerEntry[] | undefined>
}
