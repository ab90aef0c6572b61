import { expect } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { startPrivatePostgres } from '../services/private-postgres.ts'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { Backups } from './backups.ts'
import { startBettors } from './bettors.ts'
import { type System, send, startSystem } from './system.ts'

export const BETTORS = 16
/** How many events are open from the beginning: `r-0`, `r-1` and so on. */
export const EVENTS = 8

/**
 * A system on a PostgreSQL server of its own, with open events, whose databases tests back up and
 * put back.
 */
export interface RestorableSystem {
  system: System
  backups: Backups
  /** The server's superuser. */
  admin: ReturnType<typeof connectDatabase>
  /** The URL of a database of the server, for its superuser. */
  urlOf(database: string): string
  put(event: object): ReturnType<typeof send>
  openEvent(event_id: string): ReturnType<typeof send>
  /** Resolves with the key and the id of a bet on `r-0` when one was taken. */
  placeBet(): Promise<readonly [key: string, id: number]>
  /** `BETTORS` bettors, who go round the events. */
  startBettors(): ReturnType<typeof startBettors>
  stop(): Promise<void>
}

export async function startRestorableSystem(feedSyncIntervalMs: number): Promise<RestorableSystem> {
  const postgres = await startPrivatePostgres()
  const settings = { FEED_SYNC_INTERVAL_MS: String(feedSyncIntervalMs), LOG_LEVEL: 'warn' }
  const system = await startSystem(settings, postgres.url)
  const backups = new Backups(system, postgres.url)
  const admin = connectDatabase(postgres.url, { max: 1, applicationName: 'test-admin' })
  const put = (event: object) => send('PUT', `${system.lineUrl}/event`, event)
  const openEvent = (event_id: string) =>
    put({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE })
  for (let event = 0; event < EVENTS; event++) await openEvent(`r-${event}`)
  return {
    system,
    backups,
    admin,
    urlOf(database) {
      const url = new URL(postgres.url)
      url.pathname = `/${database}`
      return url.href
    },
    put,
    openEvent,
    placeBet: () =>
      eventually(async () => {
        const key = crypto.randomUUID()
        const bet = { event_id: 'r-0', bet_sum: '1.00' }
        const { status, body } = await send('POST', `${system.betsUrl}/bet`, bet, {
          'idempotency-key': key,
        })
        expect(status, JSON.stringify(body)).toBe(201)
        return [key, Number(body.id)] as const
      }),
    startBettors: () =>
      startBettors({
        urls: [system.betsUrl],
        bettors: BETTORS,
        bet: (bettor, number) => ({ event_id: `r-${(bettor + number) % EVENTS}`, bet_sum: '1.00' }),
      }),
    async stop() {
      await admin.end({ timeout: 1 })
      await system.stop()
      backups.remove()
      await postgres.remove()
    },
  }
}
