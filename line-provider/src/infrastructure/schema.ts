import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

/** The line. The table is its own outbox: a change leaves `seq` empty until it is numbered. */
export const events = pgTable(
  'events',
  {
    event_id: text().primaryKey(),
    coefficient_hundredths: integer().notNull(),
    /** Whole Unix seconds. */
    deadline: bigint({ mode: 'number' }).notNull(),
    state: text({ enum: ['NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED'] }).notNull(),
    suspended: boolean().notNull(),
    version: bigint({ mode: 'number' }).notNull(),
    reason: text(),
    changed_at: timestamp({ withTimezone: true, mode: 'string' }).notNull(),
    /** When the event ended; null while it is NEW, or when it ended before this was recorded. */
    ended_at: timestamp({ withTimezone: true, mode: 'string' }),
    /** The position of the event's latest change in the feed; null: not numbered yet. */
    seq: bigint({ mode: 'number' }),
  },
  (table) => [
    uniqueIndex('events_seq').on(table.seq),
    index('events_unnumbered').on(table.event_id).where(sql`seq is null`),
    index('events_open')
      .on(table.deadline, table.event_id)
      .where(sql`state = 'NEW' and not suspended`),
    check('events_state', sql`state in ('NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED')`),
    check('events_coefficient', sql`coefficient_hundredths between 100 and 9999999`),
  ],
)

/** One row: the feed's id and last number. Its lock makes numbers appear in commit order. */
export const feed = pgTable(
  'feed',
  {
    singleton: boolean().primaryKey().default(true),
    feed_id: uuid().notNull().defaultRandom(),
    last_seq: bigint({ mode: 'number' }).notNull().default(0),
    /** A new event starts at this + 1; raised when a backup is restored. */
    version_base: bigint({ mode: 'number' }).notNull().default(0),
  },
  () => [check('feed_one_row', sql`singleton`)],
)

/** One row: which process publishes, until when, and the number up to which all is published. */
export const relay_lease = pgTable(
  'relay_lease',
  {
    singleton: boolean().primaryKey().default(true),
    holder: text(),
    lease_until: timestamp({ withTimezone: true, mode: 'string' }),
    published_seq: bigint({ mode: 'number' }).notNull().default(0),
  },
  () => [check('relay_lease_one_row', sql`singleton`)],
)
