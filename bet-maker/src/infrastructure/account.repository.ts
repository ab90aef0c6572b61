import { isoTime, query, within } from '@bets/platform/postgres/database'
import { readQueueOf } from '@bets/platform/postgres/read-queue'
import { and, asc, desc, eq, sql as expression, gt, lt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import type { AccountRecords } from '../application/account-ports.ts'
import type { Account, LedgerEntry } from '../domain/account.ts'
import { accounts, ledger_entries } from './account-schema.ts'

/** Time for both reads of an account without entries. */
const ANSWER_LIMIT_MS = 2_800
const LAST_ID = '9223372036854775807'

/** Answers within three seconds. Clients take turns, and leave half of the pool to bets. */
export function createAccountRecords(sql: Sql): AccountRecords {
  const db = drizzle(sql)
  const reads = readQueueOf(sql)
  const owned = (accountId: string, client: string) =>
    and(eq(accounts.client, client), eq(accounts.account_id, accountId))

  return {
    async find(accountId, client) {
      const found = db.select().from(accounts).where(owned(accountId, client))
      const [row] = await reads.run(client, () => query(found))
      return row && toAccount(row)
    },

    async list(client, after, limit) {
      const page = db
        .select()
        .from(accounts)
        .where(and(eq(accounts.client, client), gt(accounts.account_id, after ?? '')))
        .orderBy(asc(accounts.client), asc(accounts.account_id))
        .limit(limit)
      return (await reads.run(client, () => query(page))).map(toAccount)
    },

    async entries(accountId, client, below, limit) {
      const page = db
        .select()
        .from(ledger_entries)
        .where(
          and(
            eq(ledger_entries.client, client),
            eq(ledger_entries.account_id, accountId),
            lt(ledger_entries.id, expression`${below ?? LAST_ID}::bigint`),
          ),
        )
        .orderBy(
          desc(ledger_entries.client),
          desc(ledger_entries.account_id),
          desc(ledger_entries.id),
        )
        .limit(limit)
      const read = async () => {
        const rows = await reads.run(client, () => query(page))
        if (rows.length > 0) return rows.map(toEntry)
        return (await this.find(accountId, client)) && []
      }
      return within(ANSWER_LIMIT_MS, read())
    },
  }
}

function toAccount(row: typeof accounts.$inferSelect): Account {
  return {
    accountId: row.account_id,
    balanceCents: row.balance_cents,
    createdAt: isoTime(row.created_at),
  }
}

function toEntry(row: typeof ledger_entries.$inferSelect): LedgerEntry {
  return {
    id: row.id,
    kind: row.kind,
    amountCents: row.amount_cents,
    balanceCents: row.balance_cents,
    betId: row.bet_id,
    transferId: row.transfer_id,
    eventVersion: row.event_version,
    at: isoTime(row.at),
  }
}
