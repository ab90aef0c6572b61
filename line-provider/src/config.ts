import { LOG_LEVELS } from '@bets/domain/log'
import { readAccess } from '@bets/platform/http/access'
import { BROKER_SCHEMES, DATABASE_SCHEMES, Env, HTTP_PORT_MAX } from '@bets/platform/process/env'

/** The setting that the migrations need. */
export function readDatabaseUrl(): string {
  return new Env(process.env).login('LINE_DATABASE_URL', DATABASE_SCHEMES)
}

/** The settings of the line-provider process. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
) {
  const env = new Env(environment)
  const host = env.string('LINE_PROVIDER_HOST', '127.0.0.1')
  const port = env.integer('LINE_PROVIDER_PORT', 8100, 0, HTTP_PORT_MAX)
  return {
    /** `line_db`, with this process's login. */
    databaseUrl: env.login('LINE_DATABASE_URL', DATABASE_SCHEMES),
    /** RabbitMQ, with a login that may publish. */
    brokerUrl: env.login('BROKER_URL', BROKER_SCHEMES),
    /** The address to listen on; 0.0.0.0 for every one of the machine. */
    host,
    /** 0 lets the system choose. */
    port,
    /** Of the metrics only. */
    metricsPort: env.portAbove(port, 11, 'LINE_PROVIDER_METRICS_PORT'),
    /** Of what bet-maker reads. Outsiders must not reach it, so that they cannot hold it up. */
    feedPort: env.portAbove(port, 22, 'LINE_PROVIDER_FEED_PORT'),
    /** Operators, who may change the line; when undefined, anyone may. */
    access: readAccess(env, 'OPERATOR_TOKENS', { host, danger: 'change the line' }),
    /** Sites whose pages may call this service from browsers. */
    corsOrigins: env.origins('CORS_ORIGINS'),
    /** While tokens are off or public: its host names beside addresses and `localhost`. */
    allowedHosts: env.hosts('ALLOWED_HOSTS'),
    /** Maximum number of database connections. */
    databasePoolMax: env.integer('DATABASE_POOL_MAX', 4, 1, 100),
    /** How long a graceful stop may take before the process exits 1. */
    shutdownTimeoutMs: env.integer('SHUTDOWN_TIMEOUT_MS', 8_000, 0, 600_000),
    /** The lowest level that is logged. */
    logLevel: env.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    /** To log at start. */
    warnings: env.warnings as readonly string[],
  }
}
export type Config = ReturnType<typeof readConfig>
