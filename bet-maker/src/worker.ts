import type { Log } from '@bets/domain/log'
import type { MessageBroker } from '@bets/domain/message-broker'
import { BET_MAKER_TOPOLOGY } from '@bets/domain/messages'
import { meterBroker } from '@bets/platform/broker/broker.meter'
import { startBroker } from '@bets/platform/broker/start-broker'
import { createBaseApp } from '@bets/platform/http/base-app'
import { healthController, ReadinessReport } from '@bets/platform/http/health.controller'
import { HTTP_PROBLEMS } from '@bets/platform/http/problem'
import { createGuard } from '@bets/platform/http/route'
import { serveApp } from '@bets/platform/http/serve-app'
import { startMetrics } from '@bets/platform/metrics/start-metrics'
import { databaseUp } from '@bets/platform/postgres/database'
import { logUnavailableDatabase } from '@bets/platform/postgres/database-log'
import { startDatabase } from '@bets/platform/postgres/start-database'
import { createLog } from '@bets/platform/process/log'
import { Repeat } from '@bets/platform/process/repeat'
import { runProcess } from '@bets/platform/process/run-process'
import { Shutdown } from '@bets/platform/process/shutdown'
import { readWorkerConfig, type WorkerConfig } from './config.ts'
import { meterEntries } from './infrastructure/account.meter.ts'
import {
  meterFeedAge,
  meterFeedSyncs,
  meterLineClock,
  meterRefuted,
  meterUnknownEnds,
} from './infrastructure/feed.meter.ts'
import {
  createFeedSyncs,
  createFreshness,
  createLineClock,
} from './infrastructure/feed-sync.repository.ts'
import { createLineClient } from './infrastructure/line.client.ts'
import { createLineCopy } from './infrastructure/line-copy.repository.ts'
import { createSettlements } from './infrastructure/settlement.repository.ts'
import { meterSettling } from './infrastructure/settling.meter.ts'
import { eventConsumer } from './presentation/event.consumer.ts'
import { createWorkerUseCases } from './use-cases.ts'

/** The longest pause between two feed syncs while no message can arrive. */
const SYNC_WITHOUT_BROKER_MS = 1_000
/** How often to look for owed settlements without a wake-up. */
const SETTLE_EVERY_MS = 1_000
const RETRY_MS = 1_000

/** Wires and starts the worker on a broker, until `shutdown` releases it. Returns its URL. */
export async function startWorker(
  config: Omit<WorkerConfig, 'brokerUrl' | 'shutdownTimeoutMs' | 'logLevel' | 'warnings'>,
  broker: MessageBroker,
  log: Log,
  shutdown: Shutdown,
): Promise<string> {
  const metrics = startMetrics('bet-maker-worker', shutdown)
  const sql = await startDatabase({
    service: 'bet-maker-worker',
    setting: 'BET_DATABASE_URL',
    url: config.databaseUrl,
    poolMax: config.databasePoolMax,
    metrics,
    shutdown,
  })
  meterBroker(metrics, broker)
  meterFeedAge(metrics, createFreshness(sql))
  meterLineClock(metrics, createLineClock(sql))

  const countRefuted = meterRefuted(metrics)
  const countUnknownEnds = meterUnknownEnds(metrics)
  const useCases = createWorkerUseCases({
    syncs: createFeedSyncs(sql),
    settlements: createSettlements(sql, meterEntries(metrics, ['payout', 'refund', 'correction'])),
    line: createLineClient({
      baseUrl: config.lineProviderUrl,
      timeoutMs: config.lineProviderTimeoutMs,
    }),
    copyFor: (by) =>
      createLineCopy(sql, {
        onTaken: (changes) => log.info('changes applied', { by, changes }),
        onEndUnknown(changes) {
          countUnknownEnds(changes)
          log.warn("events ended, but when by bet_db's clock is unknown: late bets stand", {
            changes,
          })
        },
        onRefuted(refuted) {
          countRefuted(refuted)
          log.error('the line refutes the copy', { refuted })
        },
      }),
    onOwed: () => settling.wake(),
    settleChunk: config.settleChunk,
    log,
  })

  const settle = meterSettling(metrics, sql, useCases.settleOwed)
  const settling = new Repeat({
    name: 'settling',
    round: async (stop) => ({ waitMs: (await settle(stop)).events > 0 ? 0 : SETTLE_EVERY_MS }),
    retryMs: RETRY_MS,
    log,
  })
  shutdown.add('settling', () => settling.stop())

  const sync = meterFeedSyncs(metrics, useCases.syncFeed)
  let syncDueMs = 0
  const syncing = new Repeat({
    name: 'feed sync',
    round: async (stop) => {
      if (broker.state === 'down' || performance.now() >= syncDueMs) {
        const begunMs = performance.now()
        const outcome = await sync(stop)
        const again = outcome === 'started_over' || outcome === 'clock_set'
        // From its beginning, which is what the age of the feed counts from.
        syncDueMs = begunMs + (again ? 0 : config.feedSyncIntervalMs)
      }
      const leftMs = Math.max(0, syncDueMs - performance.now())
      return { waitMs: Math.min(leftMs, SYNC_WITHOUT_BROKER_MS) }
    },
    retryMs: RETRY_MS,
    log,
  })
  shutdown.add('feed sync', () => syncing.stop())

  broker.subscribe(eventConsumer(useCases))
  // Whatever was published while there was no connection is in the feed.
  broker.onConnected(() => {
    syncDueMs = 0
    syncing.wake()
  })
  shutdown.add('broker', () => broker.close())

  const guard = createGuard()
  const app = createBaseApp({ log, problems: HTTP_PROBLEMS }).use(
    healthController(
      guard,
      async () => {
        const ready = await databaseUp(sql, 'feed_position')
        return { ready, checks: { database: ready ? 'up' : 'down', broker: broker.state } }
      },
      ReadinessReport,
    ),
  )
  const server = serveApp(app, config, metrics)
  shutdown.add('http', () => server.stop())
  log.info('worker is listening', { url: server.url, metrics: server.metricsUrl })
  return server.url
}

async function main(): Promise<void> {
  const config = readWorkerConfig()
  const log = createLog('bet-maker-worker', config.logLevel)
  const shutdown = new Shutdown(log, config.shutdownTimeoutMs)
  shutdown.onSignals()
  logUnavailableDatabase(log)
  for (const warning of config.warnings) log.warn(warning)
  const broker = startBroker(config.brokerUrl, BET_MAKER_TOPOLOGY, log)
  await startWorker(config, broker, log, shutdown)
}

if (import.meta.main) runProcess(main)
