import { beforeEach } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { serveDuringTests } from '../../dev/testing/http.ts'
import { FAR_DEADLINE, lineEvent } from '../../dev/testing/line-event.ts'
import { useLineApp } from '../../line-provider/test/line-app.ts'
import { lineAt, useBetApp, wireWorker } from './bet-app.ts'

/** What the copy holds of an event that is as `put` makes it. */
export const TRUE = { version: 1, coefficient_hundredths: 150, state: 'NEW', suspended: false }

/** Both apps for a test file, and messages that say what the line does not. */
export async function useHearsay() {
  const lineUrl = serveDuringTests(() => line.app)
  const line = await useLineApp()
  const db = await useBetApp()
  const worker = wireWorker(db.sql, lineAt(lineUrl()))
  beforeEach(async () => {
    await line.sql`truncate events`
    await db.sql`truncate line_events, state_changes, bets`
    await worker.syncFeed()
  })
  return {
    db,
    worker,
    /** Creates or changes an event of the line. */
    put: (event_id: string, fields: object = {}) =>
      line.event({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE, ...fields }),
    /** What a message says, forged or not. */
    hear: (event_id: string, fields: Partial<LineEvent>) => db.apply(lineEvent(event_id, fields)),
    /** What the copy holds of an event. */
    row: async (event_id: string) => ({
      ...(
        await db.sql`
          select version, coefficient_hundredths, state, suspended, heard from line_events
          where event_id = ${event_id}`
      )[0],
    }),
  }
}
