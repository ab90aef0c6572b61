import { afterAll, beforeAll } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { type PrivatePostgres, startPrivatePostgres } from '../services/private-postgres.ts'
import { eventually } from '../testing/eventually.ts'
import { startBettors } from '../traffic/bettors.ts'
import { Backups } from './backups.ts'
import { System } from './system.ts'

export const BETTORS = 16
/** The number of events open from the beginning: `r-0`, `r-1` and so on. */
export const EVENTS = 8

/** A system with open events on a private PostgreSQL, for tests of backups and restores. */
export class RestorableSystem extends System {
  backups!: Backups
  /** The server's superuser. */
  admin!: ReturnType<typeof connectDatabase>
  postgres!: PrivatePostgres

  override async start(settings: Record<string, string>): Promise<this> {
    this.postgres = await startPrivatePostgres()
    await super.start({ LOG_LEVEL: 'warn', ...settings }, this.postgres.url)
    this.backups = new Backups(this, this.postgres)
    this.admin = connectDatabase(this.postgres.url, { max: 1, applicationName: 'test-admin' })
    for (let event = 0; event < EVENTS; event++) await this.open(`r-${event}`)
    return this
  }

  override async stop(): Promise<void> {
    await this.admin.end({ timeout: 1 })
    await super.stop()
    this.backups.remove()
    await this.postgres.remove()
  }

  /** The superuser's URL of a database of the server. */
  urlOf(database: string): string {
    const url = new URL(this.postgres.url)
    url.pathname = `/${database}`
    return url.href
  }

  /** Resolves when a bet on `r-0` is accepted. */
  takesBets(): Promise<number> {
    return eventually(() => this.bet('r-0'))
  }

  /** Starts `BETTORS` bettors that cycle through the events. */
  startBettors() {
    return startBettors({
      urls: [this.betsUrl],
      bettors: BETTORS,
      bet: (bettor, number) => ({ event_id: `r-${(bettor + number) % EVENTS}`, bet_sum: '1.00' }),
    })
  }
}

export function restorableDuringTests(feedSyncIntervalMs: number): RestorableSystem {
  const system = new RestorableSystem()
  const settings = { FEED_SYNC_INTERVAL_MS: String(feedSyncIntervalMs) }
  beforeAll(async () => void (await system.start(settings)))
  afterAll(() => system.stop())
  return system
}
