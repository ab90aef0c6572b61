import type { TransferRequest } from '@bets/bet-maker/src/domain/account.ts'
import type { BetRequest } from '@bets/bet-maker/src/domain/bet-request.ts'
import { TransferAmount } from '@bets/bet-maker/src/domain/transfer-amount.ts'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import type { LineLedger } from './line-ledger.ts'
import { inDecimals, type Stake } from './model.ts'
import type { Move } from './money-ledger.ts'

export function accountIdOf(run: string, account: number): string {
  return `${run}.${account}`
}

/** A stake of a run as bet-maker's use case takes it. */
export function toBetRequest(run: string, line: LineLedger, stake: Stake): BetRequest {
  const { event, cents, seen, acceptOdds, account, key } = stake
  return {
    eventId: line.idOf(event),
    sum: BetSum.fromCents(Number(cents)),
    seen: seen === undefined ? undefined : Coefficient.fromHundredths(Number(seen)),
    acceptOdds,
    client: '',
    accountId: account === undefined ? undefined : accountIdOf(run, account),
    key: key === undefined ? undefined : `${run}-${key}`,
  }
}

/** The same for a move of money. */
export function toTransferRequest(run: string, move: Move): TransferRequest {
  const { account, kind, cents, key } = move
  return {
    client: '',
    accountId: accountIdOf(run, account),
    kind,
    amount: TransferAmount.parse(inDecimals(cents)),
    key: `${run}-${key}`,
  }
}
