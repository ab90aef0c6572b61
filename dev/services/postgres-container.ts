import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { databaseAnswers } from './answers.ts'
import { IMAGES } from './images.ts'
import { OwnedContainer } from './owned-container.ts'
import { freePort } from './ports.ts'
import { SELF_SIGNED } from './postgres-package.ts'
import { createPrivateFolder } from './private-folder.ts'
import type { PostgresOptions, PrivatePostgres } from './private-postgres.ts'
import { startOrRemove } from './private-service.ts'

const READY_TIMEOUT_MS = 90_000
/** Scripts of the project read files there. */
const DEPLOY = resolve(import.meta.dir, '../../deploy')

/** Runs a private PostgreSQL in a container, with the locale and user of docker-compose.yml. */
export async function startPostgresContainer({
  settings,
  tls,
}: PostgresOptions): Promise<PrivatePostgres> {
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const folder = createPrivateFolder('postgres')
  const container = await OwnedContainer.run(basename(folder), {
    image: IMAGES.postgresql,
    env: { POSTGRES_HOST_AUTH_METHOD: 'trust', PGPORT: String(port) },
    switches: [
      // As in docker-compose.yml.
      ...['--shm-size', '256m', '--volume', `${DEPLOY}:${DEPLOY}:ro`],
      ...(tls ? useTls(folder) : []),
    ],
    command: ['postgres', '-c', 'listen_addresses=127.0.0.1', ...settings],
  })
  const tools = `${folder}/tools`
  const service: PrivatePostgres = {
    url,
    tools,
    async start() {
      await container.start()
      await container.waitUntil(() => databaseAnswers(url), READY_TIMEOUT_MS)
      await wrapTools(tools, container)
    },
    stop: () => container.stop(),
    kill: (signal, pid) => container.kill(signal, pid),
    async remove() {
      await container.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return startOrRemove(service)
}

/** Switches for a certificate that is made with the data. */
function useTls(folder: string): string[] {
  const script = `${folder}/tls.sh`
  writeFileSync(script, `(cd "$PGDATA" && ${SELF_SIGNED} && echo ssl=on >>postgresql.conf)\n`)
  return ['--volume', `${script}:/docker-entrypoint-initdb.d/tls.sh:ro`]
}

/**
 * Writes programs that run those of the image. As root they enter the container's file system,
 * because `docker exec` is slow on a busy machine.
 */
async function wrapTools(tools: string, container: OwnedContainer): Promise<void> {
  const names = `awk 'BEGIN { for (name in ENVIRON) if (name !~ /^(PATH|HOME)$/) print name }'`
  const enter =
    process.getuid?.() === 0
      ? `nsenter --target ${await container.pid()} --mount`
      : `docker exec -i $(${names} | sed 's/^/--env=/') ${container.name}`
  const bin = dirname(await container.run('postgres', 'readlink', '/proc/1/exe'))
  mkdirSync(tools, { recursive: true })
  for (const tool of ['psql', 'pg_dump', 'pg_restore'])
    writeFileSync(`${tools}/${tool}`, `#!/bin/sh\nexec ${enter} ${bin}/${tool} "$@"\n`, {
      mode: 0o755,
    })
}
