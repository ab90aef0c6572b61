import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { IMAGES } from './containers.ts'
import { createPrivateFolder } from './private-folder.ts'
import { ServicesUnavailableError } from './private-service.ts'
import { withProgress } from './progress.ts'

export type DebianPackage = 'postgresql' | 'rabbitmq-server' | 'wrk' | 'prometheus' | 'chromium'

/**
 * The server itself; the `rabbitmq-server` on the PATH is a wrapper that changes user and folder.
 */
export const RABBITMQ_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'
export const RABBITMQ_CONTROL = '/usr/lib/rabbitmq/bin/rabbitmqctl'
const OUTPUT_TAIL_CHARACTERS = 3_000

/** What keeps an installation from changing more than packages. */
const APT_OPTIONS = [
  ['DPkg::Path', `${import.meta.dir}/apt-without-services:/usr/sbin:/usr/bin:/sbin:/bin`],
  ['DPkg::Lock::Timeout', '120'],
  // Hundreds of megabytes otherwise stay behind.
  ['APT::Keep-Downloaded-Packages', 'false'],
].flatMap(([name, value]) => ['-o', `${name}=${value}`])
const APT_ENV = {
  DEBIAN_FRONTEND: 'noninteractive',
  // Ubuntu's needrestart would restart services that run.
  NEEDRESTART_SUSPEND: '1',
  // Ours goes when we do, even when the packages' scripts still need theirs.
  TMPDIR: undefined,
}

/** What a test run takes in the place of a package. */
const INSTEAD: Partial<Record<DebianPackage, string>> = {
  postgresql: `TEST_DATABASE_URL, or Docker with the image ${IMAGES.postgresql}`,
  'rabbitmq-server': `TEST_BROKER_URL, or Docker with the image ${IMAGES['rabbitmq-server']}`,
  chromium: 'TEST_CHROMIUM, the path of a Chromium or Chrome',
}

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
 * Installs those that are missing, when we are root and `NO_INSTALL` is not set, and says so
 * before. Nothing but packages changes: see `apt-without-services`. Throws
 * `ServicesUnavailableError` when it may not, or cannot.
 */
export async function ensureDebianPackages(wanted: readonly DebianPackage[]): Promise<void> {
  const missing = wanted.filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  if (process.env.NO_INSTALL || process.getuid?.() !== 0 || Bun.which('apt-get') === null)
    throw new ServicesUnavailableError(whatHelps(missing))

  console.log(
    `Installing these system packages with apt-get, and what they depend on: ${missing.join(', ')}
No service is started or enabled. To refuse: NO_INSTALL=1`,
  )
  await aptGet('update')
  // A package that conflicts with one that is here is refused, rather than that one removed.
  await aptGet('install', '-y', '--no-install-recommends', '--no-remove', ...missing)
}

/**
 * Runs apt-get in a session of its own, with its output in a file: when we are interrupted it ends
 * where it may, and when we are killed it goes on to its end, as dpkg must not be cut short.
 */
async function aptGet(...words: string[]): Promise<void> {
  const folder = createPrivateFolder('apt-get')
  const logFile = `${folder}/log`
  const log = openSync(logFile, 'w')
  const child = Bun.spawn(['apt-get', '-q', ...APT_OPTIONS, ...words], {
    env: { ...process.env, ...APT_ENV },
    stdin: 'ignore',
    stdout: log,
    stderr: log,
    detached: true,
  })
  closeSync(log)
  const onExit = () => child.kill('SIGINT')
  process.on('exit', onExit)
  const said = () => readFileSync(logFile, 'utf8').trim()
  const exitCode = await withProgress(child.exited, () => said().split('\n').at(-1) ?? '')
  process.off('exit', onExit)
  if (exitCode !== 0)
    throw new ServicesUnavailableError(
      `apt-get ${words[0]} failed:\n${said().slice(-OUTPUT_TAIL_CHARACTERS)}`,
    )
}

function whatHelps(missing: readonly DebianPackage[]): string {
  const instead = missing.map(
    (name) => `  ${name}${name in INSTEAD ? ` (or ${INSTEAD[name]})` : ''}`,
  )
  return `Tests need these system packages, which this machine lacks:
${instead.join('\n')}
Install them: sudo apt-get install ${missing.join(' ')}
On Debian and Ubuntu, make test does so by itself as root, unless NO_INSTALL is set.`
}
