import { createBaseApp } from '@bets/shared/http/base-app'
import { healthController } from '@bets/shared/http/health.controller'
import { metricsController } from '@bets/shared/http/metrics.controller'
import { serveApp } from '@bets/shared/http/serve-app'
import { meterBroker } from '@bets/shared/messaging/broker.meter'
import { BET_MAKER_TOPOLOGY } from '@bets/shared/messaging/contracts'
import type { MessageBroker } from '@bets/shared/messaging/message-broker'
import { startBroker } from '@bets/shared/messaging/start-broker'
import { databaseUp } from '@bets/shared/runtime/database'
import { createLog, type Log } from '@bets/shared/runtime/log'
import { Repeat } from '@bets/shared/runtime/repeat'
import { runProcess } from '@bets/shared/runtime/run-process'
import { Shutdown } from '@bets/shared/runtime/shutdown'
import { startDatabase } from '@bets/shared/runtime/start-database'
import { startMetrics } from '@bets/shared/runtime/start-metrics'
import { applyChanges } from './application/apply-changes.ts'
import { makePass } from './application/make-pass.ts'
import { settleOwed } from './application/settle-owed.ts'
import { readWorkerConfig, type WorkerConfig } from './config.ts'
import { meterFeedAge, meterPasses } from './infrastructure/feed.meter.ts'
import { createLineClient } from './infrastructure/line.client.ts'
import { createLineCopy } from './infrastructure/line-copy.repository.ts'
import { createFreshness, createPasses } from './infrastructure/pass.repository.ts'
import { createSettlements } from './infrastructure/settlement.repository.ts'
import { meterSettling } from './infrastructure/settling.meter.ts'
import { eventConsumer } from './presentation/event.consumer.ts'

/** How often owed settlements are looked for when nothing says that there are any. */
const SETTLE_EVERY_MS = 1_000
const RETRY_MS = 1_000

/** Wires and starts the worker on a broker; what it holds is released through `shutdown`. Returns its URL. */
export async function startWorker(
  config: Omit<WorkerConfig, 'brokerUrl' | 'shutdownTimeoutMs' | 'logLevel'>,
  broker: MessageBroker,
  log: Log,
  shutdown: Shutdown,
): Promise<string> {
  const sql = await startDatabase('bet-maker-worker', 'BET_DATABASE_URL', config, shutdown)
  const metrics = startMetrics('bet-maker-worker', config.databasePoolMax, shutdown)
  meterBroker(metrics, broker)
  meterFeedAge(metrics, createFreshness(sql))

  const settlements = createSettlements(sql)
  const settle = meterSettling(metrics, sql, settleOwed({ settlements, chunkSize: config.settleChunk, log }))
  const settling = new Repeat({
    name: 'settling',
    round: async (stop) => ({ waitMs: (await settle(stop)).events > 0 ? 0 : SETTLE_EVERY_MS }),
    retryMs: RETRY_MS,
    log,
  })
  shutdown.add('settling', () => settling.stop())

  const applyFrom = (by: 'message' | 'pass') =>
    applyChanges({
      copy: createLineCopy(sql, (changes) => log.info('taken in', { by, changes })),
      onOwed: () => settling.wake(),
    })
  const makesPass = makePass({
    passes: createPasses(sql),
    line: createLineClient({
      baseUrl: config.lineProviderUrl,
      timeoutMs: config.lineProviderTimeoutMs,
    }),
    applyChanges: applyFrom('pass'),
    log,
  })
  const pass = meterPasses(metrics, makesPass)
  const passing = new Repeat({
    name: 'reading the feed',
    round: async (stop) => ({ waitMs: (await pass(stop)) === 'started_over' ? 0 : config.passIntervalMs }),
    retryMs: RETRY_MS,
    log,
  })
  shutdown.add('passes', () => passing.stop())

  broker.subscribe(eventConsumer({ applyChanges: applyFrom('message') }))
  // What was said while there was no connection is in the feed.
  broker.onConnected(() => passing.wake())
  shutdown.add('broker', () => broker.close())

  const app = createBaseApp({ log })
    .use(
      healthController(async () => {
        const ready = await databaseUp(sql, 'feed_position')
        return { ready, checks: { database: ready ? 'up' : 'down', broker: broker.state } }
      }),
    )
    .use(metricsController(metrics))
  const server = serveApp(app, config, metrics)
  shutdown.add('http', () => server.stop())
  log.info('the worker is listening', { url: server.url })
  return server.url
}

async function main(): Promise<void> {
  const config = readWorkerConfig()
  const log = createLog('bet-maker-worker', config.logLevel)
  const shutdown = new Shutdown(log, config.shutdownTimeoutMs)
  shutdown.onSignals()
  const broker = startBroker(config.brokerUrl, BET_MAKER_TOPOLOGY, log)
  await startWorker(config, broker, log, shutdown)
}

if (import.meta.main) runProcess(main)
