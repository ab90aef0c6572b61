import { eventually } from '../testing/eventually.ts'
import { type DatabaseRole, urlFor } from './database-roles.ts'
import { endingWithUs } from './owned-process.ts'
import { freePort } from './ports.ts'

const ROOT = `${import.meta.dir}/../..`
const LIVE_TIMEOUT_MS = 20_000
const READY_TIMEOUT_MS = 30_000

/** The project's processes and the settings for their host, port and port of the metrics. */
const LISTENS = {
  'line-provider/src/main.ts': [
    'LINE_PROVIDER_HOST',
    'LINE_PROVIDER_PORT',
    'LINE_PROVIDER_METRICS_PORT',
  ],
  'bet-maker/src/main.ts': ['BET_MAKER_HOST', 'BET_MAKER_PORT', 'BET_MAKER_METRICS_PORT'],
  'bet-maker/src/worker.ts': ['BET_MAKER_HOST', 'WORKER_PORT', 'WORKER_METRICS_PORT'],
} as const
export type Entry = keyof typeof LISTENS

/** The database and the role of each process. */
const WORKS_ON: Record<Entry, ['LINE_DATABASE_URL' | 'BET_DATABASE_URL', DatabaseRole]> = {
  'line-provider/src/main.ts': ['LINE_DATABASE_URL', 'line_provider'],
  'bet-maker/src/main.ts': ['BET_DATABASE_URL', 'bet_maker'],
  'bet-maker/src/worker.ts': ['BET_DATABASE_URL', 'bet_worker'],
}

export interface ServiceProcess {
  url: string
  /** Where line-provider serves bet-maker; the other processes do not listen there. */
  feedUrl: string
  /** Where it serves its metrics. */
  metricsUrl: string
  pid: number
  kill(signal: NodeJS.Signals): void
  /** Its exit code; 128 plus the signal's number if a signal ended it. */
  exited: Promise<number>
  /** The lines of its standard error so far, normally JSON objects. */
  logs: readonly string[]
  /** Waits until `/health/ready` answers 200. */
  waitReady(withinMs?: number): Promise<void>
}

const running = new Set<Bun.Subprocess>()

/** Kills every process that was started here and is still running. */
export async function killServices(): Promise<void> {
  for (const child of running) child.kill('SIGKILL')
  await Promise.all([...running].map((child) => child.exited))
}

/**
 * Starts a process of the project with the settings in `env`; only PATH is inherited. It listens on
 * 127.0.0.1, on a free port unless `env` sets one, and connects to its database with its own role,
 * whatever role the URL in `env` has. Returns when it is live or has exited: see `exited`. It ends
 * when we do, even if we are killed.
 */
export async function spawnService(
  entry: Entry,
  env: Record<string, string>,
): Promise<ServiceProcess> {
  const [hostSetting, portSetting, metricsSetting] = LISTENS[entry]
  const [databaseSetting, role] = WORKS_ON[entry]
  const databaseUrl = urlFor(role, env[databaseSetting] as string)
  const port = env[portSetting] ?? String(await freePort())
  const feedPort = env.LINE_PROVIDER_FEED_PORT ?? String(await freePort())
  const metricsPort = String(await freePort())
  const child = Bun.spawn(endingWithUs([process.execPath, entry], 'SIGKILL'), {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      [hostSetting]: '127.0.0.1',
      ...env,
      [portSetting]: port,
      LINE_PROVIDER_FEED_PORT: feedPort,
      [metricsSetting]: metricsPort,
      [databaseSetting]: databaseUrl,
    },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  running.add(child)
  const logs: string[] = []
  const logged = collectLines(child.stderr, logs)
  const exited = child.exited.then(async (code) => {
    running.delete(child)
    await logged
    return code
  })

  const url = `http://127.0.0.1:${port}`
  const live = () => expectOk(`${url}/health/live`)
  await Promise.race([
    exited,
    eventually(async () => child.exitCode ?? child.signalCode ?? (await live()), {
      withinMs: LIVE_TIMEOUT_MS,
    }),
  ])
  return {
    url,
    feedUrl: `http://127.0.0.1:${feedPort}`,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    exited,
    logs,
    waitReady: (withinMs = READY_TIMEOUT_MS) =>
      eventually(() => expectOk(`${url}/health/ready`), { withinMs }),
  }
}

async function expectOk(url: string): Promise<void> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
}

async function collectLines(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  }
  if (rest !== '') lines.push(rest)
}
