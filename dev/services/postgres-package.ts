import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs'
import { databaseAnswers } from './answers.ts'
import { ensureDebianPackages, findPostgresBin } from './debian-packages.ts'
import { OwnedProcess } from './owned-process.ts'
import { freePort } from './ports.ts'
import { createPrivateFolder } from './private-folder.ts'
import type { PostgresOptions, PrivatePostgres } from './private-postgres.ts'
import { startOrRemove } from './private-service.ts'

const READY_TIMEOUT_MS = 30_000
/** PostgreSQL refuses to run as root. Debian's package creates this user. */
const POSTGRES_USER = 'postgres'
const isRoot = process.getuid?.() === 0

/** For a shell: writes a certificate for TLS, and its key, into the current folder. */
export const SELF_SIGNED = `openssl req -new -x509 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout server.key -out server.crt`

/** Runs a private PostgreSQL of Debian's package, with its data and its socket in a folder. */
export async function startPostgresPackage({
  settings,
  tls,
}: PostgresOptions): Promise<PrivatePostgres> {
  await ensureDebianPackages(['postgresql'])
  const bin = findPostgresBin() as string
  const port = await freePort()
  const folder = createPrivateFolder('postgres')
  const data = `${folder}/data`
  mkdirSync(data, { mode: 0o700 })
  if (isRoot) giveTo(POSTGRES_USER, [folder, data])
  await initialise(`${bin}/initdb`, data)

  const secure = tls ? createCertificate(data) : []
  const url = `postgres://${POSTGRES_USER}@127.0.0.1:${port}/postgres`
  const listen = ['-c', 'listen_addresses=127.0.0.1']
  let server: OwnedProcess | undefined
  const service: PrivatePostgres = {
    url,
    tools: bin,
    async start() {
      server = new OwnedProcess({
        name: 'PostgreSQL',
        command: [
          `${bin}/postgres`,
          '-D',
          data,
          '-p',
          String(port),
          '-k',
          folder,
          ...listen,
          ...secure,
          ...settings,
        ],
        env: environment(folder),
        folder,
        logFile: `${folder}/server.log`,
        user: isRoot ? POSTGRES_USER : undefined,
        // A fast shutdown ends connections and writes committed data. SIGQUIT leaves recovery to
        // the next start.
        stopSignal: 'SIGINT',
        abortSignal: 'SIGQUIT',
      })
      await server.waitUntil(() => databaseAnswers(url), READY_TIMEOUT_MS)
    },
    async stop() {
      await server?.stop()
      server = undefined
    },
    async kill(signal, pid = server?.pid) {
      process.kill(pid as number, signal)
    },
    async remove() {
      await service.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return startOrRemove(service)
}

async function initialise(initdb: string, data: string): Promise<void> {
  const command = [
    initdb,
    '-D',
    data,
    '-U',
    POSTGRES_USER,
    '-A',
    'trust',
    '--no-sync',
    '--no-instructions',
  ]
  // Not runuser, because its folder may not be on the PATH.
  const asUser = isRoot
    ? ['setpriv', `--reuid=${POSTGRES_USER}`, `--regid=${POSTGRES_USER}`, '--init-groups', '--']
    : []
  // The only UTF-8 locale available on every Debian.
  const child = Bun.spawn([...asUser, ...command, '--encoding=UTF8', '--locale=C.UTF-8'], {
    cwd: data,
    env: environment(data),
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const complaint = await new Response(child.stderr).text()
  if ((await child.exited) !== 0) throw new Error(`initdb failed:\n${complaint}`)
}

/** Writes a self-signed certificate into the folder; returns the switches that use it. */
function createCertificate(folder: string): string[] {
  const key = `${folder}/server.key`
  const made = Bun.spawnSync(['sh', '-c', SELF_SIGNED], { cwd: folder, env: environment(folder) })
  if (!made.success) throw new Error(`openssl failed:\n${made.stderr}`)
  chmodSync(key, 0o600)
  if (isRoot) giveTo(POSTGRES_USER, [key, `${folder}/server.crt`])
  return ['-c', 'ssl=on']
}

/** A minimal environment, without the caller's PGPORT and similar variables. */
function environment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, LC_ALL: 'C.UTF-8' }
}

function giveTo(user: string, paths: readonly string[]): void {
  const id = (flag: string) => Number(Bun.spawnSync(['id', flag, user]).stdout.toString())
  for (const path of paths) chownSync(path, id('-u'), id('-g'))
}
