import { type ServiceProcess, spawnService } from '../services/service-process.ts'
import { cleanBroker } from '../testing/test-broker.ts'
import {
  createBetDatabase,
  createLineDatabase,
  type TestDatabase,
} from '../testing/test-database.ts'

/** The three processes on databases of their own and the test broker, as they run in production. */
export interface System {
  line: ServiceProcess
  bets: ServiceProcess
  worker: ServiceProcess
  /** The environment they were started with, to start more of them. */
  env: Record<string, string>
  lineUrl: string
  betsUrl: string
  lineSql: TestDatabase['sql']
  betSql: TestDatabase['sql']
  stop(): Promise<void>
}

/**
 * Starts the processes with the settings; `databaseServer` replaces the PostgreSQL for tests, for
 * one to restart, and `workerSettings` some of the settings for the worker.
 */
export async function startSystem(
  settings: Record<string, string> = {},
  databaseServer?: string,
  workerSettings: Record<string, string> = {},
): Promise<System> {
  const [lineDatabase, betDatabase, brokerUrl] = await Promise.all([
    createLineDatabase(databaseServer),
    createBetDatabase(databaseServer),
    cleanBroker(),
  ])
  const common = {
    LINE_DATABASE_URL: lineDatabase.url,
    BET_DATABASE_URL: betDatabase.url,
    BROKER_URL: brokerUrl,
    ...settings,
  }
  const line = await spawnService('line-provider/src/main.ts', common)
  const env = { ...common, LINE_PROVIDER_URL: line.url }
  const [worker, bets] = await Promise.all([
    spawnService('bet-maker/src/worker.ts', { ...env, ...workerSettings }),
    spawnService('bet-maker/src/main.ts', env),
  ])
  await Promise.all([line.waitReady(), worker.waitReady(), bets.waitReady()])
  const system: System = {
    line,
    bets,
    worker,
    env,
    lineUrl: line.url,
    betsUrl: bets.url,
    lineSql: lineDatabase.sql,
    betSql: betDatabase.sql,
    async stop() {
      await Promise.all([system.line, system.bets, system.worker].map(killNow))
      await Promise.all([lineDatabase.drop(), betDatabase.drop()])
    },
  }
  return system
}

/** Ends a process as a crash would. */
export async function killNow(process: ServiceProcess): Promise<void> {
  process.kill('SIGKILL')
  await process.exited
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** Sends JSON and returns the status with the body read as JSON. */
export async function send(
  method: 'PUT' | 'POST',
  url: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, {
    method,
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

export async function get(
  url: string,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  return (await (await fetch(url, { headers })).json()) as Record<string, unknown>
}
