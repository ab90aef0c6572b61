import { chmodSync, closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { DebianPackage } from './services/debian-packages.ts'
import { endingWithUs } from './services/owned-process.ts'
import { ServicesUnavailableError } from './services/private-service.ts'
import { startServices } from './services/start-services.ts'

/**
 * What commands that run tests have in common: servers, a temporary folder, and an end in good
 * order by signals.
 */

export const ROOT = `${import.meta.dir}/..`
export const TEST_TIMEOUT_MS = 60_000
/** What a shell says of a command that SIGINT ended. */
const INTERRUPTED = 130
/** `bun run` repeats to us the Ctrl-C that the terminal has sent us as well. */
const ECHO_MS = 300

export type Env = Record<string, string | undefined>

interface RunOptions {
  cwd: string
  env: Env
  /** Where standard output and error go; a file is written anew. */
  output: 'inherit' | { file: string }
  /** After this it is killed; its exit code then tells of SIGKILL. */
  limitMs?: number
}

const running = new Set<Bun.Subprocess>()
let interruptedAt: number | undefined

export const interrupted = () => interruptedAt !== undefined

/**
 * Runs the command in a process group of its own and ends whatever it leaves behind. Returns its
 * exit code.
 */
export async function runInGroup(
  command: readonly string[],
  { cwd, env, output, limitMs }: RunOptions,
): Promise<number> {
  if (interrupted()) return INTERRUPTED
  // One descriptor for both, opened by us: by its path, Bun neither empties the file nor lets the
  // two share a place in it.
  const log = output === 'inherit' ? output : openSync(output.file, 'w')
  const child = Bun.spawn(endingWithUs(command, 'SIGKILL'), {
    cwd,
    env,
    stdin: 'ignore',
    stdout: log,
    stderr: log,
    detached: true,
  })
  if (log !== 'inherit') closeSync(log)
  running.add(child)
  const limit = limitMs === undefined ? undefined : setTimeout(() => killGroup(child), limitMs)
  const exitCode = await child.exited
  clearTimeout(limit)
  running.delete(child)
  killGroup(child)
  return exitCode
}

/** Services that tests have left behind go with it. */
function killGroup(child: Bun.Subprocess): void {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // Nobody is left in the group, as it should be.
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}

/**
 * Starts PostgreSQL and RabbitMQ, and stops them at the end. `use` gets their addresses as tests
 * expect them. `tools` are packages that are installed at the same time.
 */
export async function withServices<T>(
  use: (env: Env) => Promise<T>,
  tools: readonly DebianPackage[] = [],
): Promise<T> {
  console.log('Starting PostgreSQL and RabbitMQ for the tests …')
  const services = await startServices(tools)
  try {
    return await use({
      ...process.env,
      TEST_DATABASE_URL: services.databaseUrl,
      TEST_BROKER_URL: services.brokerUrl,
    })
  } finally {
    await services.stop()
  }
}

/** Runs a command that runs tests, and exits with its code, or with that of an interruption. */
export async function runCommand(main: () => Promise<number>): Promise<never> {
  stopOnSignals()
  makeTemporaryFolder()
  try {
    const exitCode = await main()
    process.exit(interrupted() ? INTERRUPTED : exitCode)
  } catch (error) {
    console.error(error instanceof ServicesUnavailableError ? error.message : error)
    process.exit(1)
  }
}

/**
 * The first signal ends the tests, and then the servers in good order; a later one ends everything
 * at once.
 */
function stopOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      const isEcho = interruptedAt !== undefined && performance.now() - interruptedAt < ECHO_MS
      if (isEcho) return
      for (const child of running) killGroup(child)
      if (interruptedAt !== undefined || running.size === 0) process.exit(INTERRUPTED)
      interruptedAt = performance.now()
    })
}

/**
 * One folder for whatever servers and tests keep for a while, gone at the end even when one of them
 * was killed.
 */
function makeTemporaryFolder(): void {
  const folder = mkdtempSync(`${tmpdir()}/bets-test-`)
  // PostgreSQL passes through it as another user.
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  process.on('exit', () =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  )
}
