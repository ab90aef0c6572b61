import { sql } from 'drizzle-orm'
import { bigint, check, numeric, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { time, whole } from './schema.ts'

/** What an account holds, in cents. No number of winnings can exceed it. */
const balance = () => numeric({ precision: 30, scale: 0, mode: 'bigint' })

/** Bettors' accounts: each belongs to the client that opened it. */
export const accounts = pgTable(
  'accounts',
  {
    client: text().notNull(),
    account_id: text().notNull(),
    /**
     * The sum of its entries, kept for the check when a bet is placed. Below 0 only after a
     * correction.
     */
    balance_cents: balance().notNull(),
    created_at: time().notNull(),
  },
  (table) => [primaryKey({ columns: [table.client, table.account_id] })],
)

const TRANSFER_KINDS = ['deposit', 'withdrawal'] as const

/** Deposits and withdrawals, as clients asked for them. */
export const transfers = pgTable(
  'transfers',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    client: text().notNull(),
    account_id: text().notNull(),
    kind: text({ enum: TRANSFER_KINDS }).notNull(),
    amount_cents: whole().notNull(),
    created_at: time().notNull(),
    idempotency_key: text().notNull(),
  },
  (table) => [
    uniqueIndex('transfers_key').on(table.idempotency_key, table.client),
    check('transfers_kind', sql`kind in ('deposit', 'withdrawal')`),
    check('transfers_amount', sql`amount_cents between 1 and 9007199254740991`),
  ],
)

/** The ledger: one row per movement, never changed. Its ids grow within an account. */
export const ledger_entries = pgTable(
  'ledger_entries',
  {
    id: bigint({ mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    client: text().notNull(),
    account_id: text().notNull(),
    kind: text({ enum: [...TRANSFER_KINDS, 'stake', 'payout', 'refund', 'correction'] }).notNull(),
    /** The other side: `cash` outside, or the house's `book`. */
    counter_account: text({ enum: ['cash', 'book'] }).notNull(),
    /** What the account gained; below 0 what it lost. */
    amount_cents: whole().notNull(),
    /** What the account held after it. */
    balance_cents: balance().notNull(),
    bet_id: whole(),
    transfer_id: whole(),
    /** The event's version that the bet was settled by. */
    event_version: whole(),
    at: time().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.client, table.account_id, table.id] }),
    uniqueIndex('ledger_entries_of_transfer')
      .on(table.transfer_id)
      .where(sql`transfer_id is not null`),
    check(
      'ledger_entries_amount',
      sql.raw(
        "case when kind in ('stake', 'withdrawal') then amount_cents < 0 " +
          "when kind = 'correction' then amount_cents <> 0 else amount_cents > 0 end",
      ),
    ),
    check(
      'ledger_entries_sides',
      sql.raw(
        "case when kind in ('deposit', 'withdrawal') then counter_account = 'cash' " +
          'and transfer_id is not null and bet_id is null ' +
          "else kind in ('stake', 'payout', 'refund', 'correction') and counter_account = 'book' " +
          'and bet_id is not null and transfer_id is null end',
      ),
    ),
  ],
)
