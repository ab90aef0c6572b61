import { formatHundredths } from '@bets/domain/hundredths'
import { type Static, Type } from 'typebox'
import type { Account, LedgerEntry, Transfer } from '../domain/account.ts'
import { TransferAmount } from '../domain/transfer-amount.ts'
import { AccountId, AccountIdInput, MoneyText, SignedMoneyText, Time } from './schemas.ts'

const TransferKind = Type.Union([Type.Literal('deposit'), Type.Literal('withdrawal')], {
  examples: ['deposit'],
})
const Id = Type.Integer({ minimum: 1, examples: [17] })
const OrNull = (description: string) =>
  Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { description, examples: [null] })

/** An amount in input. `TransferAmount.parse` checks what JSON Schema cannot express. */
const TransferAmountInput = Type.Union(
  [
    Type.String({
      pattern: '^([1-9][0-9]{0,13}(\\.[0-9]{1,2})?|0\\.(0[1-9]|[1-9][0-9]?))$',
    }),
    Type.Number({ minimum: 0.01, maximum: TransferAmount.MAX_NUMBER }),
  ],
  {
    description:
      'A decimal string above 0, at most 90071992547409.91, with at most two decimals, or such a ' +
      'number below 2^46.',
    examples: ['100.00'],
  },
)

export const TransferBody = Type.Object(
  { account_id: AccountIdInput, kind: TransferKind, amount: TransferAmountInput },
  {
    additionalProperties: false,
    examples: [{ account_id: 'anna', kind: 'deposit', amount: '100.00' }],
  },
)

export const TransferView = Type.Object(
  {
    id: Id,
    account_id: AccountId,
    kind: TransferKind,
    amount: MoneyText,
    balance: Type.String({
      ...SignedMoneyText,
      description: 'What the account held after it.',
      examples: ['100.00'],
    }),
    created_at: Time,
  },
  { description: 'A deposit or a withdrawal.' },
)

export const AccountView = Type.Object(
  {
    account_id: AccountId,
    balance: Type.String({
      ...SignedMoneyText,
      description: 'What it holds. Below 0 only after a correction took back what was spent.',
      examples: ['87.50'],
    }),
    created_at: Time,
  },
  { description: "A bettor's money." },
)

export const AccountList = Type.Array(AccountView, {
  description: 'One page of accounts, by id. The Link header has the next page, if there is one.',
})

export const EntryView = Type.Object(
  {
    id: Id,
    kind: Type.Union(
      [
        Type.Literal('deposit'),
        Type.Literal('withdrawal'),
        Type.Literal('stake'),
        Type.Literal('payout'),
        Type.Literal('refund'),
        Type.Literal('correction'),
      ],
      {
        description:
          'correction: the difference when the result of a settled bet has changed, either way.',
        examples: ['stake'],
      },
    ),
    amount: Type.String({
      ...SignedMoneyText,
      description: 'What the account gained; below 0 what it lost.',
      examples: ['-12.50'],
    }),
    balance: Type.String({
      ...SignedMoneyText,
      description: 'What the account held after it.',
      examples: ['87.50'],
    }),
    bet_id: OrNull('The bet that moved it; null for transfers.'),
    transfer_id: OrNull('The transfer that moved it; null for bets.'),
    event_version: OrNull("The event's version that the bet was settled by, else null."),
    at: Time,
  },
  { description: 'One movement of money.' },
)

export const EntryList = Type.Array(EntryView, {
  description:
    'One page of entries, newest first. The Link header has the next page, if there is one.',
})

/** A transfer as HTTP shows it. */
export function toTransferView(transfer: Transfer): Static<typeof TransferView> {
  return {
    id: transfer.id,
    account_id: transfer.accountId,
    kind: transfer.kind,
    amount: formatHundredths(transfer.amountCents),
    balance: formatHundredths(transfer.balanceCents),
    created_at: transfer.createdAt,
  }
}

/** An account as HTTP shows it. */
export function toAccountView(account: Account): Static<typeof AccountView> {
  return {
    account_id: account.accountId,
    balance: formatHundredths(account.balanceCents),
    created_at: account.createdAt,
  }
}

/** An entry as HTTP shows it. */
export function toEntryView(entry: LedgerEntry): Static<typeof EntryView> {
  return {
    id: entry.id,
    kind: entry.kind,
    amount: formatHundredths(entry.amountCents),
    balance: formatHundredths(entry.balanceCents),
    bet_id: entry.betId,
    transfer_id: entry.transferId,
    event_version: entry.eventVersion,
    at: entry.at,
  }
}
