import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { ServicesUnavailableError } from './controlled-service.ts'
import { freePort } from './ports.ts'

export type DebianPackage = 'postgresql' | 'rabbitmq-server' | 'wrk' | 'prometheus' | 'chromium'

/**
 * The server itself; the `rabbitmq-server` on the PATH is a wrapper that changes user and folder.
 */
export const RABBITMQ_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'
export const RABBITMQ_CONTROL = '/usr/lib/rabbitmq/bin/rabbitmqctl'
/** A script that says whether an installation may start services; 101 is no. */
const POLICY = '/usr/sbin/policy-rc.d'
const POLICY_NO = '#!/bin/sh\nexit 101\n'
const OUTPUT_TAIL_CHARACTERS = 3_000

/**
 * The folder of the newest PostgreSQL's programs, where Debian puts them; undefined when there is
 * none.
 */
export function findPostgresBin(): string | undefined {
  const folder = '/usr/lib/postgresql'
  if (!existsSync(folder)) return undefined
  const [newest] = [...new Bun.Glob('*/bin/postgres').scanSync(folder)]
    .map((path) => Number.parseInt(path, 10))
    .sort((one, other) => other - one)
  return newest === undefined ? undefined : `${folder}/${newest}/bin`
}

export function isInstalled(name: DebianPackage): boolean {
  if (name === 'postgresql') return findPostgresBin() !== undefined
  // Of its package only the tool that checks rules is used here.
  if (name === 'prometheus') return Bun.which('promtool') !== null
  return name === 'rabbitmq-server' ? existsSync(RABBITMQ_SERVER) : Bun.which(name) !== null
}

/**
 * Installs those that are missing, without starting any service. Throws `ServicesUnavailableError`
 * if it may not.
 */
export async function ensureDebianPackages(wanted: readonly DebianPackage[]): Promise<void> {
  const missing = wanted.filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  if (process.getuid?.() !== 0 || Bun.which('apt-get') === null) throw unavailable(missing)

  console.log(`Installing ${missing.join(' and ')} from Debian, this once …`)
  const startedAt = performance.now()
  const ownPolicy = !existsSync(POLICY)
  if (ownPolicy) writeFileSync(POLICY, POLICY_NO, { mode: 0o755 })
  try {
    await aptGet('update')
    await install(missing)
  } finally {
    if (ownPolicy) rmSync(POLICY)
  }
  console.log(`Installed in ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`)
}

/**
 * RabbitMQ's installation leaves Erlang's port mapper running; on a port of our own it can be ended
 * by that port.
 */
async function install(packages: readonly DebianPackage[]): Promise<void> {
  const epmdPort = String(await freePort())
  const env = { ERL_EPMD_PORT: epmdPort, ERL_EPMD_ADDRESS: '127.0.0.1' }
  try {
    await aptGet('install', ['-y', '--no-install-recommends', ...packages], env)
  } finally {
    if (Bun.which('epmd') !== null)
      Bun.spawnSync(['epmd', '-port', epmdPort, '-kill'], { stdout: 'ignore', stderr: 'ignore' })
  }
}

async function aptGet(
  action: string,
  words: string[] = [],
  env: Record<string, string> = {},
): Promise<void> {
  const child = Bun.spawn(['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=120', action, ...words], {
    env: { ...process.env, ...env, DEBIAN_FRONTEND: 'noninteractive' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) !== 0)
    throw new ServicesUnavailableError(
      `apt-get ${action} failed:\n${(output + complaint).slice(-OUTPUT_TAIL_CHARACTERS)}`,
    )
}

function unavailable(missing: readonly DebianPackage[]): ServicesUnavailableError {
  return new ServicesUnavailableError(
    `Tests need servers and tools that this machine lacks: ${missing.join(', ')}. One of these helps:
  - for a PostgreSQL and a RabbitMQ, set TEST_DATABASE_URL and TEST_BROKER_URL to servers that tests may use
  - or start Docker, then: docker pull postgres:17 && docker pull rabbitmq:4-management
  - for a Chromium, set TEST_CHROMIUM to a Chromium or Chrome
  - on Debian or Ubuntu: sudo apt-get install ${missing.join(' ')}   (as root this happens by itself)`,
  )
}
