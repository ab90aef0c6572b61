import { DatabaseUnavailableError } from '@bets/domain/errors'
import type { Log } from '@bets/domain/log'
import { serveApp } from '@bets/platform/http/serve-app'
import { meterBatches } from '@bets/platform/metrics/batch.meter'
import { startMetrics } from '@bets/platform/metrics/start-metrics'
import { databaseUp } from '@bets/platform/postgres/database'
import { logUnavailableDatabase } from '@bets/platform/postgres/database-log'
import { startDatabase } from '@bets/platform/postgres/start-database'
import { createLog } from '@bets/platform/process/log'
import { Repeat } from '@bets/platform/process/repeat'
import { runProcess } from '@bets/platform/process/run-process'
import { Shutdown } from '@bets/platform/process/shutdown'
import { type ApiReadiness, createApp } from './app.ts'
import type { Freshness } from './application/feed-ports.ts'
import { type ApiConfig, readApiConfig } from './config.ts'
import { isFresh } from './domain/freshness.ts'
import { meterAccounts, meterEntries } from './infrastructure/account.meter.ts'
import { createAccountRecords } from './infrastructure/account.repository.ts'
import { createBets } from './infrastructure/bet.repository.ts'
import { logBets } from './infrastructure/bet-log.ts'
import { createBetRecords } from './infrastructure/bet-record.repository.ts'
import { createBoardRecords } from './infrastructure/board.repository.ts'
import { meterFeedAge } from './infrastructure/feed.meter.ts'
import { createFreshness } from './infrastructure/feed-sync.repository.ts'
import { createLineClient } from './infrastructure/line.client.ts'
import { createLearnedEvents } from './infrastructure/line-copy.repository.ts'
import { meterPlacing } from './infrastructure/placing.meter.ts'
import { createTransfers } from './infrastructure/transfer.repository.ts'
import { meterTransferring } from './infrastructure/transferring.meter.ts'
import { createApiUseCases } from './use-cases.ts'

const RETRY_MS = 10_000

/** Wires and starts bet-maker's API, until `shutdown` releases it. Returns its URL. */
export async function startBetMaker(
  config: Omit<ApiConfig, 'shutdownTimeoutMs' | 'logLevel' | 'warnings'>,
  log: Log,
  shutdown: Shutdown,
): Promise<string> {
  const metrics = startMetrics('bet-maker', shutdown)
  const sql = await startDatabase({
    service: 'bet-maker',
    setting: 'BET_DATABASE_URL',
    url: config.databaseUrl,
    poolMax: config.databasePoolMax,
    metrics,
    shutdown,
  })

  const watchBatches = meterBatches(metrics)
  const useCases = createApiUseCases({
    bets: createBets(sql, {
      feedMaxAgeMs: config.feedMaxAgeMs,
      limits: config.limits,
      batchMax: config.placeBatchMax,
      queueMax: config.placeQueueMax,
      watchBatches,
    }),
    records: createBetRecords(sql),
    transfers: createTransfers(sql, watchBatches),
    accounts: createAccountRecords(sql),
    board: createBoardRecords(sql),
    line: createLineClient({
      baseUrl: config.lineProviderUrl,
      timeoutMs: config.lineProviderTimeoutMs,
    }),
    copy: createLearnedEvents(sql, {
      onTaken: (changes) => log.info('changes applied', { by: 'lookup', changes }),
    }),
    feedMaxAgeMs: config.feedMaxAgeMs,
    limits: config.limits,
  })
  const freshness = createFreshness(sql)
  meterFeedAge(metrics, freshness)
  const countEntries = meterEntries(metrics, ['stake', 'deposit', 'withdrawal'])
  const addingUp = new Repeat({
    name: 'adding up the accounts',
    round: meterAccounts(metrics, sql),
    retryMs: RETRY_MS,
    log,
  })
  shutdown.add('adding up the accounts', () => addingUp.stop())
  const app = createApp({
    useCases: {
      ...useCases,
      placeBet: logBets(log, meterPlacing(metrics, countEntries, useCases.placeBet)),
      makeTransfer: meterTransferring(metrics, countEntries, useCases.makeTransfer),
    },
    checkReadiness: async () =>
      (await databaseUp(sql, 'feed_position'))
        ? checkFeed(freshness, config.feedMaxAgeMs)
        : DATABASE_DOWN,
    access: config.access,
    corsOrigins: config.corsOrigins,
    allowedHosts: config.allowedHosts,
    limits: config.limits,
    log,
  })
  const server = serveApp(app, config, metrics)
  shutdown.add('http', () => server.stop())
  log.info('bet-maker is listening', { url: server.url, metrics: server.metricsUrl })
  return server.url
}

const DATABASE_DOWN: ApiReadiness = {
  ready: false,
  checks: { database: 'down', feed: 'down' },
  feed_age_ms: null,
}

/** Ready means that bets can be taken: the database takes writes and the feed is fresh. */
async function checkFeed(freshness: Freshness, maxAgeMs: number): Promise<ApiReadiness> {
  try {
    const ageMs = await freshness.feedAgeMs()
    const fresh = isFresh(ageMs, maxAgeMs)
    return {
      ready: fresh,
      checks: { database: 'up', feed: fresh ? 'up' : 'down' },
      feed_age_ms: ageMs === null ? null : Math.round(ageMs),
    }
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) return DATABASE_DOWN
    throw error
  }
}

async function main(): Promise<void> {
  const config = readApiConfig()
  const log = createLog('bet-maker', config.logLevel)
  const shutdown = new Shutdown(log, config.shutdownTimeoutMs)
  shutdown.onSignals()
  logUnavailableDatabase(log)
  for (const warning of config.warnings) log.warn(warning)
  await startBetMaker(config, log, shutdown)
}

if (import.meta.main) runProcess(main)
