import { InvalidValueError } from '@bets/domain/errors'
import { changeId } from '@bets/domain/event'
import { query, retryRefused, sqlState } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { LineCopy } from '../application/ports.ts'

/** SQLSTATEs of data that no retry can fix: data exceptions, violated constraints. */
const DATA_AT_FAULT = /^2[23]/

/**
 * `onTaken` gets the ids (`changeId`) of the changes that were new to the copy; it must not throw.
 */
export function createLineCopy(sql: Sql, onTaken?: (changes: readonly string[]) => void): LineCopy {
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
        const applied = await retryRefused(() =>
          query(sql<{ event_id: string; version: number; owed: boolean }[]>`
            select event_id, version, owed from apply_line_events(${changes}::text)`),
        )
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
