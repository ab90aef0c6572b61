import { parseHundredths } from '@bets/domain/hundredths'
import { LOG_LEVELS } from '@bets/domain/log'
import { readAccess } from '@bets/platform/http/access'
import {
  BROKER_SCHEMES,
  DATABASE_SCHEMES,
  Env,
  HTTP_PORT_MAX,
  HTTP_SCHEMES,
  SettingError,
} from '@bets/platform/process/env'

type Environment = Readonly<Record<string, string | undefined>>

/** The setting that the migrations need. */
export function readDatabaseUrl(): string {
  return new Env(process.env).login('BET_DATABASE_URL', DATABASE_SCHEMES)
}

/** The setting that the dead-letter command needs. */
export function readBrokerUrl(): string {
  return new Env(process.env).login('BROKER_URL', BROKER_SCHEMES)
}

/** What the API and the worker both need. */
function readCommon(env: Env) {
  return {
    /** `bet_db`, with this process's login. */
    databaseUrl: env.login('BET_DATABASE_URL', DATABASE_SCHEMES),
    /** Maximum number of database connections. */
    databasePoolMax: env.integer('DATABASE_POOL_MAX', 4, 1, 100),
    /** The address to listen on; 0.0.0.0 for every one of the machine. */
    host: env.string('BET_MAKER_HOST', '127.0.0.1'),
    /** The base URL of line-provider: its port for bet-maker, which outsiders cannot fill. */
    lineProviderUrl: env.origin('LINE_PROVIDER_URL', HTTP_SCHEMES, 'http://127.0.0.1:8122'),
    /** How long line-provider may take to answer. */
    lineProviderTimeoutMs: env.integer('LINE_PROVIDER_TIMEOUT_MS', 2_000, 1, 60_000),
    /** How long a graceful stop may take before the process exits 1. */
    shutdownTimeoutMs: env.integer('SHUTDOWN_TIMEOUT_MS', 8_000, 0, 600_000),
    /** The lowest level that is logged. */
    logLevel: env.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
  }
}

/** An amount of money above 0, in cents; undefined when missing. */
function readMoney(env: Env, name: string): number | undefined {
  const value = env.optional(name)
  if (value === undefined) return undefined
  const cents = parseHundredths(value) ?? 0
  if (cents < 1 || cents > Number.MAX_SAFE_INTEGER)
    throw new SettingError(name, 'must be an amount above 0 with at most two decimals')
  return cents
}

/** The settings of the API process. */
export function readApiConfig(environment: Environment = process.env) {
  const env = new Env(environment)
  const common = readCommon(env)
  const port = env.integer('BET_MAKER_PORT', 8080, 0, HTTP_PORT_MAX)
  return {
    ...common,
    /** 0 lets the system choose. */
    port,
    /** Of the metrics only. */
    metricsPort: env.portAbove(port, 11, 'BET_MAKER_METRICS_PORT'),
    /** Clients, who place bets and see their own; when undefined, everyone is the same client. */
    access: readAccess(env, 'CLIENT_TOKENS', {
      host: common.host,
      danger: 'place bets and see all bets',
    }),
    /** Sites whose pages may call this service from browsers. */
    corsOrigins: env.origins('CORS_ORIGINS'),
    /** While tokens are off or public: its host names beside addresses and `localhost`. */
    allowedHosts: env.hosts('ALLOWED_HOSTS'),
    /** How long after a complete feed sync began bets are still taken. */
    feedMaxAgeMs: env.integer('FEED_MAX_AGE_MS', 20_000, 1, 3_600_000),
    /** The most that a bet may stake, and the most that it may pay; unset: the domain's limits. */
    limits: {
      maxStakeCents: readMoney(env, 'MAX_STAKE'),
      maxPayoutCents: readMoney(env, 'MAX_PAYOUT'),
    },
    /** How many bets may be queued before more are refused. */
    placeQueueMax: env.integer('PLACE_QUEUE_MAX', 10_000, 1, 1_000_000),
    /** The most bets in one statement. */
    placeBatchMax: env.integer('PLACE_BATCH_MAX', 500, 1, 10_000),
    /** To log at start. */
    warnings: env.warnings as readonly string[],
  }
}
export type ApiConfig = ReturnType<typeof readApiConfig>

/** The settings of the worker process. */
export function readWorkerConfig(environment: Environment = process.env) {
  const env = new Env(environment)
  const port = env.integer('WORKER_PORT', 8081, 0, HTTP_PORT_MAX)
  return {
    ...readCommon(env),
    /** RabbitMQ, with the worker's login. */
    brokerUrl: env.login('BROKER_URL', BROKER_SCHEMES),
    /** Of health checks; 0 lets the system choose. */
    port,
    /** Of the metrics only. */
    metricsPort: env.portAbove(port, 11, 'WORKER_METRICS_PORT'),
    /** How long the worker waits between two feed syncs. */
    feedSyncIntervalMs: env.integer(
      env.renamed('FEED_SYNC_INTERVAL_MS', 'PASS_INTERVAL_MS'),
      5_000,
      1,
      3_600_000,
    ),
    /** The most bets that one settling statement reads. */
    settleChunk: env.integer('SETTLE_CHUNK', 5_000, 1, 100_000),
    /** To log at start. */
    warnings: env.warnings as readonly string[],
  }
}
export type WorkerConfig = ReturnType<typeof readWorkerConfig>
