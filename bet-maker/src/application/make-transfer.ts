import { OverloadedError } from '@bets/domain/errors'
import { isSameTransfer, type Transfer, type TransferRequest } from '../domain/account.ts'
import {
  AccountNotFoundError,
  IdempotencyKeyReusedError,
  InsufficientFundsError,
} from '../domain/errors.ts'
import type { Transfers } from './account-ports.ts'

/** How often a transfer is tried when the reason for its refusal is gone once it is explained. */
const MAX_ATTEMPTS = 3

/**
 * Makes a transfer, or answers with the one that the same request made before. Throws the first of
 * these that applies: `IdempotencyKeyReusedError`, `AccountNotFoundError`,
 * `InsufficientFundsError`. Throws `OverloadedError` when a queue is full or the balance keeps
 * changing.
 */
export const makeTransfer =
  ({ transfers }: { transfers: Transfers }) =>
  async (request: TransferRequest): Promise<{ transfer: Transfer; replayed: boolean }> => {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const outcome = await transfers.make(request)
      if (outcome.kind === 'made') return { transfer: outcome.transfer, replayed: false }

      const { earlier, balanceCents } = outcome
      if (earlier !== undefined) {
        if (!isSameTransfer(earlier, request)) throw new IdempotencyKeyReusedError('transfer')
        return { transfer: earlier, replayed: true }
      }
      if (request.kind === 'deposit') continue
      if (balanceCents === undefined) throw new AccountNotFoundError()
      if (balanceCents < request.amount.cents) throw new InsufficientFundsError(balanceCents)
    }
    throw new OverloadedError('The balance keeps changing. Try again in a moment.')
  }
