import { relative } from 'node:path'
import type { Log } from '@bets/domain/log'
import type { MessageBroker } from '@bets/domain/message-broker'
import { BET_MAKER_TOPOLOGY } from '@bets/domain/messages'
import { MemoryBroker } from '@bets/platform/broker/memory-broker'
import { RabbitMqBroker } from '@bets/platform/broker/rabbitmq-broker'
import { serveHttp } from '@bets/platform/http/http-server'
import { logUnavailableDatabase } from '@bets/platform/postgres/database-log'
import { migrateDatabase } from '@bets/platform/postgres/migrate'
import { createLog } from '@bets/platform/process/log'
import { runProcess } from '@bets/platform/process/run-process'
import { Shutdown } from '@bets/platform/process/shutdown'
import { readApiConfig, readWorkerConfig } from '../bet-maker/src/config.ts'
import { startBetMaker } from '../bet-maker/src/main.ts'
import { MIGRATIONS as BET_MIGRATIONS } from '../bet-maker/src/migrate.ts'
import { startWorker } from '../bet-maker/src/worker.ts'
import { readConfig as readLineConfig } from '../line-provider/src/config.ts'
import { startLineProvider } from '../line-provider/src/main.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '../line-provider/src/migrate.ts'
import { startEmbeddedDatabase } from './embedded/database.ts'
import { putSampleEvents } from './embedded/sample-events.ts'

/** The data of the embedded databases. It persists between runs and is ignored by git. */
const DATA_FOLDER = process.argv[2] ?? `${import.meta.dir}/../.data`
/** Defaults for settings that are not set. */
const EMBEDDED = {
  LINE_DATABASE_URL: 'postgres://embedded',
  BET_DATABASE_URL: 'postgres://embedded',
  BROKER_URL: 'amqp://embedded',
  DATABASE_POOL_MAX: '4',
  // PGlite handles one statement at a time, so long ones would delay the others.
  SETTLE_CHUNK: '500',
}

/**
 * Runs both services and the worker in one process. Databases and broker come from the settings.
 * Those not set are embedded: PGlite with its data in `.data`, and a broker in memory.
 */
async function main(): Promise<void> {
  const env = process.env
  const log = createLog('dev', env.LOG_LEVEL === 'debug' ? 'debug' : 'warn')
  const shutdown = new Shutdown(log, 8_000)
  shutdown.onSignals()
  logUnavailableDatabase(log)
  console.log('Starting …')
  // First of all: a taken port should be known before anything has started.
  const asked = { ...EMBEDDED, ...given(env) }
  for (const read of [readLineConfig, readApiConfig, readWorkerConfig]) {
    const { host, port, metricsPort } = read(asked)
    for (const each of [port, metricsPort]) claimPort(host, each)
  }
  const { host, feedPort } = readLineConfig(asked)
  claimPort(host, feedPort)

  const database = async (setting: 'LINE_DATABASE_URL' | 'BET_DATABASE_URL', folder: string) => {
    if (env[setting]) return env[setting]
    const embedded = await startEmbeddedDatabase(`${DATA_FOLDER}/${folder}`)
    shutdown.add(folder, embedded.stop)
    return embedded.url
  }
  const [lineUrl, betUrl] = await Promise.all([
    database('LINE_DATABASE_URL', 'line_db'),
    database('BET_DATABASE_URL', 'bet_db'),
  ])
  await migrateDatabase(lineUrl, LINE_MIGRATIONS)
  await migrateDatabase(betUrl, BET_MIGRATIONS)

  const settings = {
    ...EMBEDDED,
    ...given(env),
    LINE_DATABASE_URL: lineUrl,
    BET_DATABASE_URL: betUrl,
  }
  const broker = startBroker(env.BROKER_URL, log)
  shutdown.add('broker', () => broker.close())
  const lineConfig = readLineConfig(settings)
  const { url: line, feedUrl } = await startLineProvider(lineConfig, broker, log, shutdown)
  const events = await putSampleEvents(line, lineConfig.access?.tokens[0]?.token)
  const ownLine = { ...settings, LINE_PROVIDER_URL: feedUrl }
  const workerConfig = readWorkerConfig(ownLine)
  for (const warning of workerConfig.warnings) log.warn(warning)
  await startWorker(workerConfig, broker, log, shutdown)
  const betConfig = readApiConfig(ownLine)
  const bets = await startBetMaker(betConfig, log, shutdown)

  // Betting opens with the first feed sync.
  while (!(await fetch(`${bets}/health/ready`)).ok) await Bun.sleep(20)

  console.log(`
Ready. Open these and press "Execute":

  ${line}/docs   line-provider: create and finish events
  ${bets}/docs   bet-maker: place bets and see them settled
  ${bets}/       the board: live odds, bets and results

${[...lineConfig.warnings, ...betConfig.warnings].join('\n')}

Open events: ${events.join(', ')}
Press Ctrl-C to stop. Data is stored in ${relative('.', DATA_FOLDER)}/
`)
}

/** The non-empty settings: compose passes an empty value for one that is not set. */
function given(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  )
}

/** Exits with a one-line error if the port is in use, for example by another `bun run dev`. */
function claimPort(host: string, port: number): void {
  void serveHttp({ fetch: () => new Response(), hostname: host, port }).stop()
}

function startBroker(url: string | undefined, log: Log): MessageBroker {
  return url
    ? new RabbitMqBroker({ url, topology: BET_MAKER_TOPOLOGY, log })
    : new MemoryBroker(BET_MAKER_TOPOLOGY)
}

runProcess(main)
