import { InvalidValueError } from '@bets/domain/errors'
import { changeId } from '@bets/domain/event'
import { query, retryRefused, sqlState } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { LineCopy } from '../application/ports.ts'

/** SQLSTATEs of data that no retry can fix: data exceptions, violated constraints. */
const DATA_AT_FAULT = /^2[23]/

/** Gets the ids (`changeId`) of the changes that were new to the copy; must not throw. */
type OnTaken = (changes: readonly string[]) => void

interface AppliedRow {
  event_id: string
  version: number
  owed: boolean
}

/** The copy for the worker. */
export function createLineCopy(sql: Sql, onTaken?: OnTaken): LineCopy {
  return copyBy(
    (changes) =>
      sql<AppliedRow[]>`select event_id, version, owed from apply_line_events(${changes}::text)`,
    onTaken,
  )
}

/** The copy for the API: takes in events that are unknown, and leaves the others as they are. */
export function createLearnedEvents(sql: Sql, onTaken?: OnTaken): LineCopy {
  return copyBy(
    (changes) =>
      sql<AppliedRow[]>`select event_id, version, owed from learn_events(${changes}::text)`,
    onTaken,
  )
}

function copyBy(
  statement: (changes: string) => PromiseLike<AppliedRow[]>,
  onTaken?: OnTaken,
): LineCopy {
  return {
    async apply(events) {
      if (events.length === 0) return { owed: false }
      const changes = JSON.stringify(
        events.map(({ eventId, coefficient, changedAt, ...event }) => ({
          ...event,
          event_id: eventId,
          coefficient_hundredths: coefficient.hundredths,
        })),
      )
      try {
        const applied = await retryRefused(() => query(statement(changes)))
        if (applied.length > 0)
          onTaken?.(
            applied.map(({ event_id, version }) => changeId({ eventId: event_id, version })),
          )
        return { owed: applied.some(({ owed }) => owed) }
      } catch (error) {
        if (DATA_AT_FAULT.test(sqlState(error) ?? ''))
          throw new InvalidValueError('does not fit the tables', { cause: error })
        throw error
      }
    },
  }
}
