import { chmodSync, closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { DebianPackage } from './services/debian-packages.ts'
import { endingWithUs } from './services/owned-process.ts'
import { ServicesUnavailableError } from './services/private-service.ts'
import { startServices } from './services/start-services.ts'

/**
 * What the commands that run tests share: servers, a temporary folder, and an orderly end on
 * signals.
 */

export const ROOT = `${import.meta.dir}/..`
export const TEST_TIMEOUT_MS = 60_000
/** A shell's exit code for a command that SIGINT ended. */
const INTERRUPTED = 130
/** `bun run` forwards Ctrl-C, which the terminal has sent to us already. */
const ECHO_MS = 300

export type Env = Record<string, string | undefined>

interface RunOptions {
  cwd: string
  env: Env
  /** Where standard output and error go. A file is overwritten. */
  output: 'inherit' | { file: string }
  /** It is killed after this, and its exit code is then that of SIGKILL. */
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
  // One descriptor for both. Given a path, Bun neither truncates the file nor shares one offset
  // between the two.
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

/** Also ends services that tests have left behind. */
function killGroup(child: Bun.Subprocess): void {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // The group is empty, as it should be.
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

/** The first signal ends the tests and stops the servers in good order. The next exits at once. */
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

/** One folder for all temporary files, so that nothing stays when a server or a test is killed. */
function makeTemporaryFolder(): void {
  const folder = mkdtempSync(`${tmpdir()}/bets-test-`)
  // PostgreSQL reaches its data through it as another user.
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  process.on('exit', () =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  )
}
