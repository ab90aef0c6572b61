import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'

const EVENT_STATES = ['NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED'] as const
export const time = () => timestamp({ withTimezone: true, mode: 'string' })
export const whole = () => bigint({ mode: 'number' })

/** Bet-maker's copy of the line: each event at the highest version applied. */
export const line_events = pgTable(
  'line_events',
  {
    event_id: text().primaryKey(),
    coefficient_hundredths: integer().notNull(),
    /** Whole Unix seconds. */
    deadline: whole().notNull(),
    state: text({ enum: EVENT_STATES }).notNull(),
    suspended: boolean().notNull(),
    version: whole().notNull(),
    reason: text(),
    /**
     * The version at which the state last changed. It only grows: once the line has refuted the
     * copy it lies above every version that the copy had until then, and may lie above `version`.
     */
    state_version: whole().notNull(),
    /**
     * The state_version up to which the bets are settled; equal to it when the event is first
     * applied.
     */
    settled_version: whole().notNull(),
    /** When the latest version was applied. */
    applied_at: time().notNull(),
    /** When the latest feed sync from the beginning that listed it began. */
    listed_at: time(),
    /** A message or a lookup brought this version, and the feed has not listed it yet. */
    heard: boolean().notNull().default(false),
    /**
     * When the line last refuted the copy of this event: for a while, messages do not change it.
     */
    refuted_at: time(),
    /** When it ended, by line_db's clock; null while it is NEW, or when that is not known. */
    ended_at: time(),
    /**
     * Bets placed after `void_after` and up to `void_until` were placed after the end; nulls when
     * that is not known. By this database's clock; see `latest_end.sql`.
     */
    void_after: time(),
    void_until: time(),
    /** The line did not have this event by then, so the bets that were placed on it are void. */
    unknown_until: time(),
  },
  (table) => [
    index('line_events_owed').on(table.event_id).where(sql`settled_version < state_version`),
    index('line_events_heard').on(table.event_id).where(sql`heard`),
    // Settling treats a state that it does not know as CANCELLED.
    check('line_events_state', sql`state in ('NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED')`),
    check('line_events_coefficient', sql`coefficient_hundredths between 100 and 9999999`),
  ],
)

/** Each change of an event's state that the copy saw, for the history of bets. */
export const state_changes = pgTable(
  'state_changes',
  {
    event_id: text().notNull(),
    /** The `state_version` of the event. */
    version: whole().notNull(),
    /** The line's version, where it is lower: the line had refuted the copy. */
    line_version: whole(),
    state: text({ enum: EVENT_STATES }).notNull(),
    reason: text(),
    /** When it was applied. */
    at: time().notNull(),
    /** As in `line_events`, at this version. */
    void_after: time(),
    void_until: time(),
    unknown_until: time(),
  },
  (table) => [
    primaryKey({ columns: [table.event_id, table.version] }),
    index('state_changes_refuted')
      .on(table.event_id, table.version)
      .where(sql`line_version is not null`),
  ],
)

/** One row: how far the feed has been read, and when the latest complete sync began. */
export const feed_position = pgTable(
  'feed_position',
  {
    singleton: boolean().primaryKey().default(true),
    /**
     * The number of the feed sync: grows with each one stored; a sync that began at an older number
     * is void. It keeps its old name, because workers of the version before read and write it.
     */
    pass: whole().notNull().default(0),
    cursor: text(),
    /** When the latest complete feed sync began, by this clock; null closes the gate. */
    fresh_at: time(),
    /**
     * Versions at or below this one are from before the line was restored from a backup, and void.
     */
    version_base: whole().notNull().default(0),
    /** `fresh_at` by line_db's clock: what it committed before, the copy holds. */
    line_time: time(),
    /** How far line_db's clock is ahead of this one, in microseconds; null: unknown. */
    line_offset_us: whole(),
    /** How far the offset may be wrong, either way, and when it was measured, by this clock. */
    line_offset_within_us: whole(),
    line_offset_at: time(),
  },
  () => [check('feed_position_one_row', sql`singleton`)],
)

/**
 * Bets. The columns that settling writes are in no index, and half of each page stays free, so that
 * settling is a heap-only update.
 */
export const bets = pgTable(
  'bets',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    event_id: text().notNull(),
    sum_cents: whole().notNull(),
    /** The event's coefficient and version when the bet was placed. */
    coefficient_hundredths: integer().notNull(),
    event_version: whole().notNull(),
    /** The event's version whose state the bet shows. */
    applied_version: whole().notNull(),
    state: text({ enum: ['PENDING', 'WIN', 'LOSE', 'VOID'] }).notNull(),
    payout_cents: whole(),
    created_at: time().notNull(),
    settled_at: time(),
    /** Whose bet it is; '' while tokens are off. */
    client: text().notNull(),
    /** The client's account that the stake came from; null: the client keeps the wallet itself. */
    account_id: text(),
    idempotency_key: text(),
    /** The rest of the request: it tells a replay from another bet with the same key. */
    seen_coefficient_hundredths: integer(),
    accept_odds: text({ enum: ['exact', 'higher', 'any'] }).notNull(),
  },
  (table) => [
    uniqueIndex('bets_key')
      .on(table.idempotency_key, table.client)
      .where(sql`idempotency_key is not null`),
    index('bets_of_event').on(table.event_id, table.id),
    index('bets_of_client').on(table.client, table.id).where(sql`client <> ''`),
    check('bets_sum', sql`sum_cents > 0`),
    check('bets_coefficient', sql`coefficient_hundredths >= 100`),
    check('bets_state', sql`state in ('PENDING', 'WIN', 'LOSE', 'VOID')`),
    check(
      'bets_settled',
      sql.raw(
        "(state = 'PENDING') = (payout_cents is null) " +
          "and (state = 'PENDING') = (settled_at is null)",
      ),
    ),
  ],
)
