import { mkdirSync, rmSync } from 'node:fs'
import type { DebianPackage } from './services/debian-packages.ts'
import { needServers } from './test-files.ts'
import {
  type Env,
  interrupted,
  ROOT,
  runCommand,
  runInGroup,
  TEST_TIMEOUT_MS,
  withServices,
} from './test-run.ts'

const REPORT_FOLDER = `${ROOT}/.test`
const REPORT = `${REPORT_FOLDER}/report.xml`

/** For tests that start their own servers. */
const NO_SERVICES = '--no-services'
const CHOSEN = process.argv.slice(2).filter((argument) => argument !== NO_SERVICES)

/**
 * Runs the tests selected by the arguments (all by default) and counts them. Starts servers unless
 * the tests are only unit tests or start their own.
 */
async function main(): Promise<number> {
  rmSync(REPORT, { force: true })
  mkdirSync(REPORT_FOLDER, { recursive: true })

  const servers = !process.argv.includes(NO_SERVICES) && needServers(CHOSEN, testFiles())
  if (!servers) return conclude(await runTests(process.env))
  return withServices(
    async (env, versions) => conclude(await runTests(env), ` on ${versions}`),
    tools(),
  )
}

/** The paths of all tests, relative to the root. */
function testFiles(): string[] {
  const folders = ['dev', '*/test', 'shared/*/test']
  return folders.flatMap((folder) => [...new Bun.Glob(`${folder}/**/*.test.ts`).scanSync(ROOT)])
}

/** Further packages for running all tests. Selected tests install what they need themselves. */
function tools(): DebianPackage[] {
  if (CHOSEN.length > 0) return []
  return process.env.TEST_CHROMIUM ? ['prometheus'] : ['prometheus', 'chromium']
}

function runTests(env: Env): Promise<number> {
  // Isolated, so that timers and changed globals of one file do not affect the next.
  const options = [
    '--isolate',
    `--timeout=${TEST_TIMEOUT_MS}`,
    '--reporter=junit',
    `--reporter-outfile=${REPORT}`,
  ]
  return runInGroup([process.execPath, 'test', ...options, ...CHOSEN], {
    cwd: ROOT,
    env,
    output: 'inherit',
  })
}

/** Prints the summary. Succeeds if tests ran and none failed or was skipped. */
async function conclude(exitCode: number, servers = ''): Promise<number> {
  if (interrupted()) return exitCode
  const { tests, failed, skipped } = await readReport()
  const passed = tests - failed - skipped
  if (exitCode !== 0 && failed === 0)
    console.log(
      `bun test exited with code ${exitCode} although no test failed. See its output above.`,
    )
  if (tests === 0) console.log('No test ran.')
  const more = skipped > 0 ? `, ${skipped} skipped` : ''
  console.log(`${passed} passed, ${failed} failed${more}${servers}`)
  return exitCode !== 0 || failed > 0 || skipped > 0 || tests === 0 ? 1 : 0
}

/** Reads the totals of the outermost element. There is no report when no file matched. */
async function readReport(): Promise<{ tests: number; failed: number; skipped: number }> {
  const report = Bun.file(REPORT)
  const xml = (await report.exists()) ? await report.text() : ''
  const sums = /<testsuites\b[^>]*>/.exec(xml)?.[0] ?? ''
  const sum = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(sums)?.[1] ?? 0)
  return { tests: sum('tests'), failed: sum('failures') + sum('errors'), skipped: sum('skipped') }
}

await runCommand(main)
