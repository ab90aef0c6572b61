import type { Account, LedgerEntry } from '../domain/account.ts'
import { AccountNotFoundError } from '../domain/errors.ts'
import type { AccountRecords } from './account-ports.ts'

interface Deps {
  accounts: AccountRecords
}

/** An account of the client. Throws `AccountNotFoundError`. */
export const getAccount =
  ({ accounts }: Deps) =>
  async (accountId: string, client: string): Promise<Account> => {
    const account = await accounts.find(accountId, client)
    if (account === undefined) throw new AccountNotFoundError()
    return account
  }

/** A page of the accounts of a client, by id, beyond one. */
export const listAccounts =
  ({ accounts }: Deps) =>
  (client: string, after: string | undefined, limit: number): Promise<Account[]> =>
    accounts.list(client, after, limit)

/** A page of an account's entries, newest first, below an id. Throws `AccountNotFoundError`. */
export const listEntries =
  ({ accounts }: Deps) =>
  async (
    accountId: string,
    client: string,
    below: string | undefined,
    limit: number,
  ): Promise<LedgerEntry[]> => {
    const entries = await accounts.entries(accountId, client, below, limit)
    if (entries === undefined) throw new AccountNotFoundError()
    return entries
  }
