import { chmodSync, closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { askDirectly } from '@bets/platform/process/run-process'
import type { DebianPackage } from './services/debian-packages.ts'
import { endingWithUs } from './services/owned-process.ts'
import { ServicesUnavailableError } from './services/private-service.ts'
import { startServices } from './services/start-services.ts'

/** Shared by the commands that run tests: servers, a temporary folder, and signal handling. */

export const ROOT = `${import.meta.dir}/..`
export const TEST_TIMEOUT_MS = 60_000
/** A shell's exit code for a command ended by SIGINT. */
const INTERRUPTED = 130
/** `bun run` forwards Ctrl-C, which the terminal also sends to us directly. */
const ECHO_MS = 300

export type Env = Record<string, string | undefined>

interface RunOptions {
  cwd: string
  env: Env
  /** The destination of standard output and error. A file is overwritten. */
  output: 'inherit' | { file: string }
  /** The time in milliseconds after which it is killed; it then has the exit code of SIGKILL. */
  limitMs?: number
}

const running = new Set<Bun.Subprocess>()
let interruptedAt: number | undefined

export const interrupted = () => interruptedAt !== undefined

/** Runs a command in a new process group, then kills the rest of the group. Returns its code. */
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

/** Also kills services that tests have left running. */
function killGroup(child: Bun.Subprocess): void {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // The group is empty, as it should be.
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}

/**
 * Runs `use` with PostgreSQL and RabbitMQ, and stops them at the end. `use` receives the
 * environment that tests expect, and the versions of the servers. `tools` are packages to install
 * at the same time.
 */
export async function withServices<T>(
  use: (env: Env, versions: string) => Promise<T>,
  tools: readonly DebianPackage[] = [],
): Promise<T> {
  const services = await startServices(tools)
  try {
    const env = {
      ...process.env,
      TEST_DATABASE_URL: services.databaseUrl,
      TEST_BROKER_URL: services.brokerUrl,
    }
    return await use(env, services.versions)
  } finally {
    await services.stop()
  }
}

/** Runs a command's main function and exits with its code, or with 130 if interrupted. */
export async function runCommand(main: () => Promise<number>): Promise<never> {
  askDirectly()
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

/** The first signal ends the tests and stops the servers. The next one exits immediately. */
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

/** One folder for all temporary files, so that nothing remains after a killed server or test. */
function makeTemporaryFolder(): void {
  const folder = mkdtempSync(`${tmpdir()}/bets-test-`)
  // PostgreSQL accesses its data in it as another user.
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  process.on('exit', () =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  )
}
