import { connectDatabase } from '@bets/platform/postgres/database'
import { type System, startSystem } from '../e2e/system.ts'
import { send } from '../traffic/client.ts'
import { type Measurement, type Note, type Progress, percentile } from './figure.ts'
import { openEvents } from './line.ts'
import { betMakerOf, fillWithBets } from './stored.ts'

const CHANGES_BY_MESSAGE = 200
const CHANGES_BY_SYNC = 32
const BETS_OF_EACH = 1
/** Nothing listens on this port. */
const NO_BROKER = 'amqp://127.0.0.1:1'
const WITHIN_MS = 20_000
/**
 * The pause between two changes, so that each finds an idle system. Not a round number, so that
 * changes fall at any moment between two feed syncs.
 */
const PAUSE_MS = 37

/**
 * The time from `PUT /event` until a result is applied and its bets are settled, by messages and by
 * the feed sync alone.
 */
export async function measureLatency(progress: Progress): Promise<Measurement> {
  const notes: Note[] = []
  progress('by messages')
  notes.push(...(await measureWay('by messages', {}, CHANGES_BY_MESSAGE, 1)))
  progress('by the feed sync alone')
  notes.push(
    ...(await measureWay(
      'by the feed sync alone, one every 5 s',
      { BROKER_URL: NO_BROKER },
      CHANGES_BY_SYNC,
      8,
    )),
  )
  return { samples: {}, notes }
}

/** Runs `concurrency` changes at once, because each waits for the next feed sync. */
async function measureWay(
  way: string,
  settings: Record<string, string>,
  count: number,
  concurrency: number,
): Promise<Note[]> {
  const system = await startSystem({ LOG_LEVEL: 'error', ...settings })
  const { databaseUrl } = betMakerOf(system)
  const watching = connectDatabase(databaseUrl, {
    max: concurrency,
    applicationName: 'bench-latency',
  })
  try {
    await openEvents(system, 'latency', count)
    await fillWithBets(databaseUrl, count * BETS_OF_EACH, 'latency', count)
    const appliedMs: number[] = []
    const settledMs: number[] = []
    let next = 0
    const worker = async () => {
      while (next < count) {
        const eventId = `latency-${next++}`
        await Bun.sleep(PAUSE_MS + (concurrency > 1 ? Math.random() * 5_000 : 0))
        const { applied, settled } = await follow(system, watching, eventId)
        appliedMs.push(applied)
        settledMs.push(settled)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
    const show = (values: number[]) =>
      `p50 ${percentile(values, 0.5).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms`
    return [
      { what: `PUT /event to applied, ${way}`, value: show(appliedMs) },
      { what: `PUT /event to settled, ${way}`, value: show(settledMs) },
    ]
  } finally {
    await watching.end({ timeout: 1 })
    await system.stop()
  }
}

/** Milliseconds from the start of the request, by polling the database. */
async function follow(
  { lineUrl }: System,
  watching: System['betSql'],
  eventId: string,
): Promise<{ applied: number; settled: number }> {
  const beganMs = performance.now()
  const answered = send('PUT', `${lineUrl}/event`, { event_id: eventId, state: 'FINISHED_WIN' })
  let applied: number | undefined
  for (;;) {
    const [row] = await watching<[{ applied: boolean; behind: number }]>`
      select state <> 'NEW' as applied,
             (select count(*) from bets
              where bets.event_id = e.event_id and state = 'PENDING') as behind
      from line_events e where event_id = ${eventId}`
    const nowMs = performance.now() - beganMs
    if (row.applied) applied ??= nowMs
    if (applied !== undefined && row.behind === 0) {
      await answered
      return { applied, settled: nowMs }
    }
    if (nowMs > WITHIN_MS) throw new Error(`${eventId} was not settled within ${WITHIN_MS} ms.`)
  }
}
