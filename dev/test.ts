import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { ServicesUnavailableError } from './services/controlled-service.ts'
import { endingWithUs } from './services/owned-process.ts'
import { startServices } from './services/start-services.ts'

const ROOT = `${import.meta.dir}/..`
const REPORT_FOLDER = `${ROOT}/.test`
const REPORT = `${REPORT_FOLDER}/report.xml`
const TEST_TIMEOUT_MS = 60_000
/** What a shell says of a command that SIGINT ended. */
const INTERRUPTED = 130
/** `bun run` repeats to us the Ctrl-C that the terminal has sent us as well. */
const ECHO_MS = 300

let testRun: Bun.Subprocess | undefined
let interruptedAt: number | undefined

/** For tests that bring their own servers. */
const NO_SERVICES = '--no-services'
const CHOSEN = process.argv.slice(2).filter((argument) => argument !== NO_SERVICES)

/** Starts servers, runs the tests that the arguments choose (all without any), stops what was started, counts. */
async function main(): Promise<number> {
  stopOnSignals()
  makeTemporaryFolder()
  rmSync(REPORT, { force: true })
  mkdirSync(REPORT_FOLDER, { recursive: true })

  const exitCode = process.argv.includes(NO_SERVICES) ? await runTests(process.env) : await runWithServices()
  if (interruptedAt !== undefined) return INTERRUPTED
  return conclude(exitCode)
}

async function runWithServices(): Promise<number> {
  console.log('Starting PostgreSQL and RabbitMQ for the tests …')
  const services = await startServices()
  try {
    return await runTests({
      ...process.env,
      TEST_DATABASE_URL: services.databaseUrl,
      TEST_BROKER_URL: services.brokerUrl,
    })
  } finally {
    await services.stop()
  }
}

async function runTests(env: Record<string, string | undefined>): Promise<number> {
  // Isolated, so that what one file leaves behind (a timer, a changed global) cannot reach the next.
  const options = [
    '--isolate',
    `--timeout=${TEST_TIMEOUT_MS}`,
    '--reporter=junit',
    `--reporter-outfile=${REPORT}`,
  ]
  testRun = Bun.spawn(endingWithUs([process.execPath, 'test', ...options, ...CHOSEN], 'SIGKILL'), {
    cwd: ROOT,
    env,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    detached: true,
  })
  const exitCode = await testRun.exited
  killTestRun()
  return exitCode
}

/** The run has a process group of its own: services that tests have left behind go with it. */
function killTestRun(): void {
  if (testRun === undefined) return
  try {
    process.kill(-testRun.pid, 'SIGKILL')
  } catch (error) {
    // Nobody is left in the group, as it should be.
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}

/** The first signal ends the tests, and then the servers in good order; a later one ends everything at once. */
function stopOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      const isEcho = interruptedAt !== undefined && performance.now() - interruptedAt < ECHO_MS
      if (isEcho) return
      killTestRun()
      if (interruptedAt !== undefined || testRun === undefined) process.exit(INTERRUPTED)
      interruptedAt = performance.now()
    })
}

/** One folder for whatever servers and tests keep for a while, gone at the end even when one of them was killed. */
function makeTemporaryFolder(): void {
  const folder = mkdtempSync(`${tmpdir()}/bets-test-`)
  // PostgreSQL passes through it as another user.
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }))
}

/** Prints the closing line from the report. Success is that something ran and nothing failed or was skipped. */
async function conclude(exitCode: number): Promise<number> {
  const { tests, failed, skipped } = await readReport()
  const passed = tests - failed - skipped
  if (exitCode !== 0 && failed === 0)
    console.log(
      `bun test exited ${exitCode} although no test failed: see above what went wrong outside of them.`,
    )
  if (tests === 0) console.log('No test ran.')
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return exitCode !== 0 || failed > 0 || skipped > 0 || tests === 0 ? 1 : 0
}

/** The sums stand in the report's outermost element. There is no report when no file matched. */
async function readReport(): Promise<{ tests: number; failed: number; skipped: number }> {
  const report = Bun.file(REPORT)
  const xml = (await report.exists()) ? await report.text() : ''
  const sums = /<testsuites\b[^>]*>/.exec(xml)?.[0] ?? ''
  const sum = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(sums)?.[1] ?? 0)
  return { tests: sum('tests'), failed: sum('failures') + sum('errors'), skipped: sum('skipped') }
}

try {
  process.exit(await main())
} catch (error) {
  console.error(error instanceof ServicesUnavailableError ? error.message : error)
  process.exit(1)
}
