import type { Log } from '@bets/domain/log'
import type { MessageBroker } from '@bets/domain/message-broker'
import { LINE_PROVIDER_TOPOLOGY } from '@bets/domain/messages'
import { meterBroker } from '@bets/platform/broker/broker.meter'
import { startBroker } from '@bets/platform/broker/start-broker'
import { serveApp } from '@bets/platform/http/serve-app'
import { meterBatches } from '@bets/platform/metrics/batch.meter'
import { startMetrics } from '@bets/platform/metrics/start-metrics'
import { connectDatabase, databaseUp } from '@bets/platform/postgres/database'
import { logUnavailableDatabase } from '@bets/platform/postgres/database-log'
import { startDatabase } from '@bets/platform/postgres/start-database'
import { createLog } from '@bets/platform/process/log'
import { Repeat } from '@bets/platform/process/repeat'
import { runProcess } from '@bets/platform/process/run-process'
import { Shutdown } from '@bets/platform/process/shutdown'
import { createApp } from './app.ts'
import { type Config, readConfig } from './config.ts'
import { createFeedApp } from './feed-app.ts'
import { logChanges } from './infrastructure/change-log.ts'
import { createEvents } from './infrastructure/event.repository.ts'
import { createEventSender } from './infrastructure/event-sender.ts'
import { createFeed } from './infrastructure/feed.repository.ts'
import { limitOpenReads } from './infrastructure/open-reads.ts'
import { meterRelay, meterRelayHolder } from './infrastructure/relay.meter.ts'
import { createRelayLease } from './infrastructure/relay-lease.repository.ts'
import { createReads, createUseCases } from './use-cases.ts'

const RELAY_RETRY_MS = 1_000
/**
 * Connections for what bet-maker reads. Outsiders' reads use others, so they do not delay it. Lists
 * and lookups keep one busy each at most, which leaves one for the feed.
 */
const FEED_POOL_MAX = 3

/**
 * Wires and starts line-provider on a broker, until `shutdown` releases it. Returns its URL and the
 * one for bet-maker.
 */
export async function startLineProvider(
  config: Omit<Config, 'brokerUrl' | 'shutdownTimeoutMs' | 'logLevel' | 'warnings'>,
  broker: MessageBroker,
  log: Log,
  shutdown: Shutdown,
): Promise<{ url: string; feedUrl: string }> {
  const metrics = startMetrics('line-provider', shutdown)
  const sql = await startDatabase({
    service: 'line-provider',
    setting: 'LINE_DATABASE_URL',
    url: config.databaseUrl,
    poolMax: config.databasePoolMax,
    metrics,
    shutdown,
  })
  meterBroker(metrics, broker)

  const useCases = createUseCases({
    events: createEvents(sql, meterBatches(metrics)('changing')),
    feed: createFeed(sql),
    lease: createRelayLease(sql),
    sender: createEventSender(broker),
    holder: crypto.randomUUID(),
    onChanged: () => relaying.wake(),
    onPublished: meterRelay(metrics, sql),
    log,
  })
  const { relay } = useCases
  meterRelayHolder(metrics, relay)
  const relaying = new Repeat({
    name: 'relay',
    round: () => relay.round(),
    retryMs: RELAY_RETRY_MS,
    log,
  })
  shutdown.add('relay', async () => {
    await relaying.stop()
    await relay.release()
  })

  const app = createApp({
    useCases: {
      ...useCases,
      ...limitOpenReads(sql, useCases),
      putEvent: logChanges(log, useCases.putEvent),
    },
    async checkReadiness() {
      const ready = await databaseUp(sql, 'feed')
      return { ready, checks: { database: ready ? 'up' : 'down', broker: broker.state } }
    },
    access: config.access,
    corsOrigins: config.corsOrigins,
    allowedHosts: config.allowedHosts,
    log,
  })
  const feedSql = connectDatabase(config.databaseUrl, {
    max: FEED_POOL_MAX,
    applicationName: 'line-provider-feed',
  })
  shutdown.add('feed database', () => feedSql.end({ timeout: 1 }))
  const reads = createReads({ events: createEvents(feedSql), feed: createFeed(feedSql) })
  // Whoever turns the pages of bet-maker's list of open events reads here, too.
  const { listOpenEvents } = limitOpenReads(feedSql, reads)
  const feedApp = createFeedApp({ ...reads, listOpenEvents }, log)

  const server = serveApp(app, config, metrics)
  shutdown.add('http', () => server.stop())
  const { url, metricsUrl } = server
  const feedUrl = server.serveAlso(feedApp, config.feedPort)
  log.info('line-provider is listening', { url, metrics: metricsUrl, feed: feedUrl })
  return { url, feedUrl }
}

async function main(): Promise<void> {
  const config = readConfig()
  const log = createLog('line-provider', config.logLevel)
  const shutdown = new Shutdown(log, config.shutdownTimeoutMs)
  shutdown.onSignals()
  logUnavailableDatabase(log)
  for (const warning of config.warnings) log.warn(warning)
  const broker = startBroker(config.brokerUrl, LINE_PROVIDER_TOPOLOGY, log)
  shutdown.add('broker', () => broker.close())
  await startLineProvider(config, broker, log, shutdown)
}

if (import.meta.main) runProcess(main)
