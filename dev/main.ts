import { relative } from 'node:path'
import type { Log } from '@bets/domain/log'
import type { MessageBroker } from '@bets/domain/message-broker'
import { BET_MAKER_TOPOLOGY } from '@bets/domain/messages'
import { MemoryBroker } from '@bets/platform/broker/memory-broker'
import { RabbitMqBroker } from '@bets/platform/broker/rabbitmq-broker'
import { serveHttp } from '@bets/platform/http/http-server'
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

/** Where the embedded databases live; it stays when the process ends, and `.gitignore` names it. */
const DATA_FOLDER = process.argv[2] ?? `${import.meta.dir}/../.data`
/** What holds where nothing is given. */
const EMBEDDED = {
  LINE_DATABASE_URL: 'postgres://embedded',
  BET_DATABASE_URL: 'postgres://embedded',
  BROKER_URL: 'amqp://embedded',
  DATABASE_POOL_MAX: '4',
  // PGlite handles one statement at a time, so long ones would hold up the others.
  SETTLE_CHUNK: '500',
}

const OPEN = `Without OPERATOR_TOKENS and CLIENT_TOKENS everyone who reaches these ports may change the line and bet.
`

/**
 * Both services and the worker in one process. Databases and broker are the ones that the settings
 * name; those not named are embedded: PGlite with its data in `.data`, and a broker in memory.
 */
async function main(): Promise<void> {
  const env = process.env
  const log = createLog('dev', env.LOG_LEVEL === 'debug' ? 'debug' : 'warn')
  const shutdown = new Shutdown(log, 8_000)
  shutdown.onSignals()
  console.log('Starting …')
  // Before the databases are opened: two processes on one PGlite folder would damage it.
  for (const read of [readLineConfig, readApiConfig, readWorkerConfig])
    claimPort(read({ ...EMBEDDED, ...given(env) }))

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
  const line = await startLineProvider(lineConfig, broker, log, shutdown)
  const events = await putSampleEvents(line, lineConfig.access?.tokens[0]?.token)
  const ownLine = { ...settings, LINE_PROVIDER_URL: line }
  const workerConfig = readWorkerConfig(ownLine)
  for (const warning of workerConfig.warnings) log.warn(warning)
  await startWorker(workerConfig, broker, log, shutdown)
  const betConfig = readApiConfig(ownLine)
  const bets = await startBetMaker(betConfig, log, shutdown)

  // The first feed sync opens the gate for bets.
  while (!(await fetch(`${bets}/health/ready`)).ok) await Bun.sleep(20)

  console.log(`
Ready. Open these and press "Execute":

  ${line}/docs   the line: create an event, finish it
  ${bets}/docs   bets: place one, see it settled
  ${bets}/       the board: prices, bets and results as they come

${lineConfig.access && betConfig.access ? '' : OPEN}
Open events: ${events.join(', ')}.   Ctrl-C ends it; the data stays in ${relative('.', DATA_FOLDER)}/
`)
}

/** The settings that are given; compose writes an empty one for one that is not. */
function given(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  )
}

/**
 * Ends with a plain line when something listens on the port already, such as another `bun run dev`.
 */
function claimPort({ host, port }: { host: string; port: number }): void {
  void serveHttp({ fetch: () => new Response(), hostname: host, port }).stop()
}

function startBroker(url: string | undefined, log: Log): MessageBroker {
  return url
    ? new RabbitMqBroker({ url, topology: BET_MAKER_TOPOLOGY, log })
    : new MemoryBroker(BET_MAKER_TOPOLOGY)
}

runProcess(main)
