import { parseEventId } from '@bets/domain/event'
import { LINK, LimitParam, nextPageLink, pageQuery } from '@bets/platform/http/list-pages'
import type { Guard } from '@bets/platform/http/route'
import { NoQuery, parseAt } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import { Type } from 'typebox'
import type { makeTransfer } from '../application/make-transfer.ts'
import type { getAccount, listAccounts, listEntries } from '../application/read-accounts.ts'
import { TransferAmount } from '../domain/transfer-amount.ts'
import {
  AccountList,
  AccountView,
  EntryList,
  TransferBody,
  TransferView,
  toAccountView,
  toEntryView,
  toTransferView,
} from './account-view.ts'
import { route } from './route.ts'
import { checkRowId } from './row-id.ts'
import { AccountId, IDEMPOTENT_REPLAYED, TransferHeaders } from './schemas.ts'

const DEFAULT_LIMIT = 100
const AccountsQuery = Type.Object(
  { limit: LimitParam(DEFAULT_LIMIT), cursor: Type.Optional(AccountId) },
  { additionalProperties: false },
)
const EntriesQuery = pageQuery(DEFAULT_LIMIT)
const AccountParams = Type.Object({ account_id: AccountId })

export interface AccountUseCases {
  makeTransfer: ReturnType<typeof makeTransfer>
  getAccount: ReturnType<typeof getAccount>
  listAccounts: ReturnType<typeof listAccounts>
  listEntries: ReturnType<typeof listEntries>
}

/** `POST /transfers` and `GET /accounts…`: a client sees and moves its own accounts' money only. */
export function accountController(
  guard: Guard,
  { makeTransfer, getAccount, listAccounts, listEntries }: AccountUseCases,
) {
  return new Elysia({ tags: ['Accounts'] })
    .use(guard)
    .model({
      TransferRequest: TransferBody,
      Transfer: TransferView,
      Account: AccountView,
      Accounts: AccountList,
      Entries: EntryList,
    })
    .post(
      '/transfers',
      async ({ body: { account_id, kind, amount }, caller, headers, set }) => {
        const { transfer, replayed } = await makeTransfer({
          client: caller,
          accountId: parseAt('/body/account_id', () => parseEventId(account_id)),
          kind,
          amount: parseAt('/body/amount', () => TransferAmount.parse(amount)),
          key: headers['idempotency-key'],
        })
        set.status = replayed ? 200 : 201
        if (replayed) set.headers['idempotent-replayed'] = 'true'
        return toTransferView(transfer)
      },
      route({
        access: 'client',
        operationId: 'makeTransfer',
        summary: 'Deposit money into an account or withdraw it',
        description:
          'The first deposit opens the account. A repeat with the same Idempotency-Key answers ' +
          '200 with the transfer that was made the first time.',
        body: 'TransferRequest',
        headers: TransferHeaders,
        query: NoQuery,
        answers: { 200: 'Transfer', 201: 'Transfer' },
        answerHeaders: [IDEMPOTENT_REPLAYED],
        problems: [
          'IDEMPOTENCY_KEY_REUSED',
          'ACCOUNT_NOT_FOUND',
          'INSUFFICIENT_FUNDS',
          'OVERLOADED',
          'DATABASE_UNAVAILABLE',
        ],
      }),
    )
    .get(
      '/accounts',
      async ({ query: { limit, cursor }, caller, request, set }) => {
        const most = Number(limit ?? DEFAULT_LIMIT)
        const found = await listAccounts(caller, cursor, most + 1)
        const items = found.slice(0, most)
        const next = found.length > most ? items.at(-1)?.accountId : undefined
        if (next) set.headers.link = nextPageLink('/accounts', request.url, next)
        return items.map(toAccountView)
      },
      route({
        access: 'client',
        operationId: 'listAccounts',
        summary: "List a page of one's accounts, by id",
        description: 'The next page is in the Link header.',
        query: AccountsQuery,
        answers: { 200: 'Accounts' },
        answerHeaders: [LINK],
        problems: ['OVERLOADED', 'DATABASE_UNAVAILABLE'],
      }),
    )
    .get(
      '/accounts/:account_id',
      async ({ params: { account_id }, caller }) =>
        toAccountView(await getAccount(account_id, caller)),
      route({
        access: 'client',
        operationId: 'getAccount',
        summary: 'Show an account',
        params: AccountParams,
        query: NoQuery,
        answers: { 200: 'Account' },
        problems: ['ACCOUNT_NOT_FOUND', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
      }),
    )
    .get(
      '/accounts/:account_id/entries',
      async ({ params: { account_id }, query: { limit, cursor }, caller, request, set }) => {
        if (cursor !== undefined) checkRowId(cursor, '/query/cursor')
        const most = Number(limit ?? DEFAULT_LIMIT)
        const found = await listEntries(account_id, caller, cursor, most + 1)
        const items = found.slice(0, most)
        const next = found.length > most ? String(items.at(-1)?.id) : undefined
        if (next)
          set.headers.link = nextPageLink(`/accounts/${account_id}/entries`, request.url, next)
        return items.map(toEntryView)
      },
      route({
        access: 'client',
        operationId: 'listEntries',
        summary: "List a page of an account's entries, newest first",
        description: 'The account statement. The next page is in the Link header.',
        params: AccountParams,
        query: EntriesQuery,
        answers: { 200: 'Entries' },
        answerHeaders: [LINK],
        problems: ['ACCOUNT_NOT_FOUND', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
      }),
    )
}
