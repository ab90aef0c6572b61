import { afterAll, expect } from 'bun:test'
import { fromLineEvent, type LineEvent } from '@bets/domain/line-event'
import type { AccessOptions } from '@bets/platform/http/access'
import { createLog } from '@bets/platform/process/log'
import type { Static } from 'typebox'
import { ALLOWED_HOSTS } from '../../dev/testing/app.ts'
import { json, send } from '../../dev/testing/http.ts'
import { createBetDatabase, type TestDatabase } from '../../dev/testing/test-database.ts'
import { createApp } from '../src/app.ts'
import type { Line } from '../src/application/ports.ts'
import { NO_LIMITS } from '../src/domain/limits.ts'
import { createAccountRecords } from '../src/infrastructure/account.repository.ts'
import { createBets } from '../src/infrastructure/bet.repository.ts'
import { createBetRecords } from '../src/infrastructure/bet-record.repository.ts'
import { createBoardRecords } from '../src/infrastructure/board.repository.ts'
import { createFeedSyncs } from '../src/infrastructure/feed-sync.repository.ts'
import { createLineClient } from '../src/infrastructure/line.client.ts'
import { createLearnedEvents, createLineCopy } from '../src/infrastructure/line-copy.repository.ts'
import { createSettlements } from '../src/infrastructure/settlement.repository.ts'
import { createTransfers } from '../src/infrastructure/transfer.repository.ts'
import type { BetView } from '../src/presentation/schemas.ts'
import { createApiUseCases, createWorkerUseCases } from '../src/use-cases.ts'

/** The default of the settings. */
const FEED_MAX_AGE_MS = 20_000
const LINE_TIMEOUT_MS = 500
/** Nothing listens there, so that an unexpected request to the line fails at once. */
const NO_LINE = 'http://127.0.0.1:1'

/** A bet as HTTP shows it. */
export type ShownBet = Static<typeof BetView>

/** line-provider's client, with a short time limit. */
export const lineAt = (baseUrl = NO_LINE) =>
  createLineClient({ baseUrl, timeoutMs: LINE_TIMEOUT_MS })

/** The app on a database, with line-provider at the URL. Unexpected errors go to `logged`. */
export function wireBetApp(
  sql: TestDatabase['sql'],
  lineUrl?: string,
  access?: AccessOptions,
  limits = NO_LIMITS,
) {
  const logged: string[] = []
  const log = createLog('test-bets', 'warn', (text) => logged.push(text))
  const useCases = createApiUseCases({
    bets: createBets(sql, {
      feedMaxAgeMs: FEED_MAX_AGE_MS,
      limits,
      batchMax: 500,
      queueMax: 10_000,
    }),
    records: createBetRecords(sql),
    transfers: createTransfers(sql),
    accounts: createAccountRecords(sql),
    board: createBoardRecords(sql),
    line: lineAt(lineUrl),
    copy: createLearnedEvents(sql),
    feedMaxAgeMs: FEED_MAX_AGE_MS,
    limits,
  })
  const app = createApp({
    useCases,
    checkReadiness: async () => ({ ready: true, checks: { database: 'up' }, feed_age_ms: 0 }),
    access,
    allowedHosts: ALLOWED_HOSTS,
    limits,
    log,
  })
  return { app, logged }
}

/** The worker's use cases on a database, settling in small chunks. */
export function wireWorker(
  sql: TestDatabase['sql'],
  line: Pick<Line, 'changes' | 'event'> = lineAt(),
) {
  return createWorkerUseCases({
    syncs: createFeedSyncs(sql),
    settlements: createSettlements(sql),
    line,
    copyFor: () => createLineCopy(sql),
    onOwed: () => {},
    settleChunk: 100,
    log: createLog('test-worker', 'silent'),
  })
}

/** bet-maker's app and the work of its worker, on a new database. Betting is closed at first. */
export async function createBetApp(lineUrl?: string, access?: AccessOptions) {
  const database = await createBetDatabase()
  const { sql } = database
  const { app, logged } = wireBetApp(sql, lineUrl, access)
  const { applyChanges, settleOwed } = wireWorker(sql, lineAt(lineUrl))
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    send(app, 'POST', '/bet', body, headers)
  return {
    app,
    sql,
    url: database.url,
    /** Unexpected errors. */
    logged,
    post,
    /** Places a bet and expects it to be accepted. */
    async bet(body: object, headers: Record<string, string> = {}): Promise<ShownBet> {
      const response = await post(body, headers)
      const bet = await json<ShownBet>(response)
      if (response.status !== 201) throw new Error(`POST /bet: ${JSON.stringify(bet)}`)
      return bet
    },
    /** Applies events to the copy of the line. */
    async apply(...events: LineEvent[]): Promise<void> {
      for (const failure of await applyChanges(events.map(fromLineEvent)))
        if (failure) throw failure
    },
    /** Settles until nothing is owed; returns the number of settled bets. */
    async settle(): Promise<number> {
      let settled = 0
      for (;;) {
        const { events, bets } = await settleOwed()
        if (events === 0) return settled
        settled += bets
      }
    },
    /** Makes the last feed sync one that began `ageMs` ago; null: there was none. */
    async synced(ageMs: number | null): Promise<void> {
      await sql`update feed_position
        set fresh_at = clock_timestamp() - ${ageMs}::integer * interval '1 millisecond'`
    },
    contents: () => contentsOf(sql),
    close: () => database.drop(),
  }
}

/** `createBetApp` for a test file. Closed after its tests, which must log no unexpected error. */
export async function useBetApp(lineUrl?: string, access?: AccessOptions) {
  const bets = await createBetApp(lineUrl, access)
  afterAll(async () => {
    expect(bets.logged).toEqual([])
    await bets.close()
  })
  return bets
}
export type BetApp = Awaited<ReturnType<typeof createBetApp>>

/** The contents of bet-maker's tables, to check that a request wrote nothing. */
async function contentsOf(sql: TestDatabase['sql']): Promise<string> {
  const [row] = await sql<[{ contents: string }]>`
    select json_build_array(
      (select json_agg(b order by id) from bets b),
      (select json_agg(e order by event_id) from line_events e),
      (select json_agg(s order by event_id, version) from state_changes s),
      (select json_agg(f) from feed_position f))::text as contents`
  return row.contents
}
