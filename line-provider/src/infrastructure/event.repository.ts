import { Coefficient } from '@bets/domain/coefficient'
import type { SportingEvent } from '@bets/domain/event'
import { formatMoment } from '@bets/domain/moment'
import { isoTime, query } from '@bets/platform/postgres/database'
import { runBatchOrSingly } from '@bets/platform/postgres/run-batch'
import { Batcher, type BatchWatch } from '@bets/platform/process/batcher'
import type { Sql } from 'postgres'
import type { ChangedEvent, Events } from '../application/ports.ts'
import { EndedAtRefusedError } from '../domain/errors.ts'
import type { EventChange } from '../domain/event-change.ts'
import type { events } from './schema.ts'

/** A row of the table of events. */
export type EventRow = typeof events.$inferSelect
type MadeChange = { change: number } & (
  | (EventRow & { outcome: ChangedEvent['outcome'] })
  | { outcome: 'ends_in_future' }
)
type Answer = ChangedEvent | EndedAtRefusedError | undefined

/** Two, so that one batch can run while another waits for its commit to reach the disk. */
const STATEMENTS_AT_ONCE = 2
const BATCH_MAX = 200
const QUEUE_MAX = 5_000
/** Together with a statement's time limit this bounds an answer to three seconds. */
const MAX_WAIT_MS = 600

/** `watch` observes the batches of changes. */
export function createEvents(sql: Sql, watch?: BatchWatch): Events {
  const batcher = new Batcher<EventChange, ChangedEvent | undefined>({
    maxBatch: BATCH_MAX,
    maxWaiting: QUEUE_MAX,
    maxWaitMs: MAX_WAIT_MS,
    concurrency: STATEMENTS_AT_ONCE,
    watch,
    run: (changes) => runBatchOrSingly(changes, changeTogether),
  })

  // However many ask, they keep one connection busy at most.
  const finder = new Batcher<string, SportingEvent | undefined>({
    maxBatch: BATCH_MAX,
    maxWaiting: QUEUE_MAX,
    maxWaitMs: MAX_WAIT_MS,
    concurrency: 1,
    run: findTogether,
  })

  async function findTogether(ids: string[]): Promise<(SportingEvent | undefined)[]> {
    const rows = await query(sql<EventRow[]>`
      select found.* from json_array_elements_text(${JSON.stringify(ids)}::text::json) wanted
      cross join lateral (
        select * from events where event_id = wanted.value collate "C" limit 1
      ) found`)
    const found = new Map(rows.map((row) => [row.event_id, toEvent(row)]))
    return ids.map((id) => found.get(id))
  }

  async function changeTogether(changes: EventChange[]): Promise<Answer[]> {
    // As one JSON value: the driver takes as long for one column as JSON.parse for a whole row.
    const [{ made }] = await query(sql<[{ made: MadeChange[] | null }]>`
      select json_agg(made) as made from change_events(${toJson(changes)}::text) made`)
    const answers: Answer[] = new Array(changes.length).fill(undefined)
    for (const row of made ?? [])
      answers[row.change] =
        row.outcome === 'ends_in_future'
          ? new EndedAtRefusedError('must not be in the future')
          : { outcome: row.outcome, event: toEvent(row) }
    return answers
  }

  return {
    change: (change) => batcher.submit(change),

    find: (eventId) => finder.submit(eventId),

    async listOpen(after, limit) {
      const { deadline, eventId } = after ?? { deadline: 0, eventId: '' }
      // One position to start from, whichever is later: the cursor or the next second. With two
      // conditions PostgreSQL starts at one of them and reads on to the other, past every event
      // whose deadline has gone by.
      const rows = await query(sql<EventRow[]>`
        select * from events
        where state = 'NEW' and not suspended and (deadline, event_id) > (
          select case when ${deadline} > now then ${deadline} else now + 1 end,
                 case when ${deadline} > now then ${eventId} else '' end
          from (select floor(extract(epoch from clock_timestamp()))::bigint as now) clock
        )
        order by deadline, event_id
        limit ${limit}`)
      return rows.map(toEvent)
    },
  }
}

/** Changes for the SQL function, numbered as it answers them. */
function toJson(changes: EventChange[]): string {
  return JSON.stringify(
    changes.map(({ eventId, coefficient, endedAt, ...rest }, change) => ({
      change,
      event_id: eventId,
      coefficient: coefficient?.hundredths,
      ended_at: endedAt,
      ...rest,
    })),
  )
}

/** The event that a row holds. */
export function toEvent(row: EventRow): SportingEvent {
  return {
    eventId: row.event_id,
    coefficient: Coefficient.fromHundredths(row.coefficient_hundredths),
    deadline: row.deadline,
    state: row.state,
    suspended: row.suspended,
    version: row.version,
    reason: row.reason,
    changedAt: isoTime(row.changed_at),
    endedAt: row.ended_at && isoMoment(row.ended_at),
  }
}

/** Converts a database timestamp as `isoTime` does, but keeps microseconds. */
export function isoMoment(timestamptz: string): string {
  const fraction = timestamptz.slice(20, timestamptz.lastIndexOf('+'))
  return formatMoment(`${timestamptz.slice(0, 10)}T${timestamptz.slice(11, 19)}`, fraction)
}
