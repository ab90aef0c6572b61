import { Coefficient } from '@bets/shared/domain/coefficient'
import { query, retryRefused } from '@bets/shared/runtime/database'
import type { Sql } from 'postgres'
import type { LineCopy } from '../application/ports.ts'

export function createLineCopy(sql: Sql): LineCopy {
  return {
    async apply(events) {
      if (events.length === 0) return { owed: false }
      const changes = JSON.stringify(
        events.map(({ coefficient, changed_at, ...event }) => ({
          ...event,
          coefficient_hundredths: Coefficient.parse(coefficient).hundredths,
        })),
      )
      const applied = await retryRefused(() =>
        query(sql<{ owed: boolean }[]>`select owed from apply_line_events(${changes}::text)`),
      )
      return { owed: applied.some(({ owed }) => owed) }
    },
  }
}
