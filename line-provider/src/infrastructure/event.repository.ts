import type { LineEvent } from '@bets/shared/domain/event'
import { formatHundredths } from '@bets/shared/domain/hundredths'
import { isoTime, query, retryRefused } from '@bets/shared/runtime/database'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import type { ChangedEvent, Events } from '../application/ports.ts'
import { events } from './schema.ts'

export type EventRow = typeof events.$inferSelect

export function createEvents(sql: Sql): Events {
  const db = drizzle(sql)
  return {
    async change({ eventId, coefficient, deadline, state, suspended, reason }) {
      const [row] = await retryRefused(() =>
        query(sql<({ outcome: ChangedEvent['outcome'] } & EventRow)[]>`
          select * from change_event(
            ${eventId}, ${coefficient?.hundredths ?? null}, ${deadline ?? null},
            ${state ?? null}, ${suspended ?? null}, ${reason ?? null}
          )`),
      )
      return row && { outcome: row.outcome, event: toLineEvent(row) }
    },

    async find(eventId) {
      const [row] = await query(db.select().from(events).where(eq(events.event_id, eventId)))
      return row && toLineEvent(row)
    },

    async listOpen(after, limit) {
      const rows = await query(sql<EventRow[]>`
        select * from events
        where state = 'NEW' and not suspended
          and deadline > (select floor(extract(epoch from clock_timestamp()))::bigint)
          and (deadline, event_id) > (${after?.deadline ?? 0}, ${after?.event_id ?? ''})
        order by deadline, event_id
        limit ${limit}`)
      return rows.map(toLineEvent)
    },
  }
}

/** A row as the contracts show an event. */
export function toLineEvent(row: EventRow): LineEvent {
  return {
    event_id: row.event_id,
    coefficient: formatHundredths(row.coefficient_hundredths),
    deadline: row.deadline,
    state: row.state,
    suspended: row.suspended,
    version: row.version,
    reason: row.reason,
    changed_at: isoTime(row.changed_at),
  }
}
