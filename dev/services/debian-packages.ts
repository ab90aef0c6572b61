import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { IMAGES } from './images.ts'
import { createPrivateFolder } from './private-folder.ts'
import { ServicesUnavailableError } from './private-service.ts'
import { withProgress } from './progress.ts'

export type DebianPackage =
  | 'postgresql'
  | 'rabbitmq-server'
  | 'nginx'
  | 'wrk'
  | 'prometheus'
  | 'chromium'

/** The server itself. `rabbitmq-server` on the PATH is a wrapper that changes user and folder. */
export const RABBITMQ_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'
export const RABBITMQ_CONTROL = '/usr/lib/rabbitmq/bin/rabbitmqctl'
/** Not on every user's PATH. */
export const NGINX = '/usr/sbin/nginx'
const OUTPUT_TAIL_CHARACTERS = 3_000

/** They keep an installation from changing anything but packages. */
const APT_OPTIONS = [
  ['DPkg::Path', `${import.meta.dir}/apt-without-services:/usr/sbin:/usr/bin:/sbin:/bin`],
  ['DPkg::Lock::Timeout', '120'],
  // Otherwise hundreds of megabytes would stay in the cache.
  ['APT::Keep-Downloaded-Packages', 'false'],
].flatMap(([name, value]) => ['-o', `${name}=${value}`])
const APT_ENV = {
  DEBIAN_FRONTEND: 'noninteractive',
  // Ubuntu's needrestart would restart running services.
  NEEDRESTART_SUSPEND: '1',
  // Our TMPDIR is deleted when we exit, when the packages' scripts may still need one.
  TMPDIR: undefined,
}

/** What a test run accepts instead of a package. */
const INSTEAD: Partial<Record<DebianPackage, string>> = {
  postgresql: `TEST_DATABASE_URL, or Docker with the image ${IMAGES.postgresql}`,
  'rabbitmq-server': `TEST_BROKER_URL, or Docker with the image ${IMAGES['rabbitmq-server']}`,
  chromium: 'TEST_CHROMIUM, the path of a Chromium or Chrome',
}

/** The folder with the programs of Debian's newest PostgreSQL; undefined if not installed. */
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
  // Only the tool that checks rules is used.
  if (name === 'prometheus') return Bun.which('promtool') !== null
  if (name === 'nginx') return existsSync(NGINX)
  return name === 'rabbitmq-server' ? existsSync(RABBITMQ_SERVER) : Bun.which(name) !== null
}

/**
 * Installs missing packages if we are root and `NO_INSTALL` is not set, and announces it first. It
 * changes nothing but packages: see `apt-without-services`. Throws `ServicesUnavailableError` when
 * it may not or cannot install them.
 */
export async function ensureDebianPackages(wanted: readonly DebianPackage[]): Promise<void> {
  const missing = wanted.filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  if (process.env.NO_INSTALL || process.getuid?.() !== 0 || Bun.which('apt-get') === null)
    throw new ServicesUnavailableError(installHint(missing))

  console.log(
    `Installing system packages and their dependencies with apt-get: ${missing.join(', ')}
No service is started or enabled. To prevent this, set NO_INSTALL=1.`,
  )
  await aptGet('update')
  // Fails instead of removing an installed package that conflicts.
  await aptGet('install', '-y', '--no-install-recommends', '--no-remove', ...missing)
}

/**
 * Runs apt-get in a separate session with its output in a file, because dpkg must not be cut short:
 * when we are interrupted it ends at a safe point, and when we are killed it runs to its end.
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
  const output = () => readFileSync(logFile, 'utf8').trim()
  const exitCode = await withProgress(child.exited, () => output().split('\n').at(-1) ?? '')
  process.off('exit', onExit)
  if (exitCode !== 0)
    throw new ServicesUnavailableError(
      `apt-get ${words[0]} failed:\n${output().slice(-OUTPUT_TAIL_CHARACTERS)}`,
    )
}

function installHint(missing: readonly DebianPackage[]): string {
  const instead = missing.map(
    (name) => `  ${name}${name in INSTEAD ? ` (or ${INSTEAD[name]})` : ''}`,
  )
  return `Tests need these missing system packages:
${instead.join('\n')}
Install them: sudo apt-get install ${missing.join(' ')}
On Debian and Ubuntu, make test installs them when run as root, unless NO_INSTALL is set.`
}
