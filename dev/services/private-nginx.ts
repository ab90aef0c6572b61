import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { portAnswers } from './answers.ts'
import { ensureDebianPackages, NGINX } from './debian-packages.ts'
import { OwnedProcess } from './owned-process.ts'
import { freePorts } from './ports.ts'
import { createPrivateFolder } from './private-folder.ts'

const CONFIGURATION = `${import.meta.dir}/../../deploy/nginx`
const READY_TIMEOUT_MS = 20_000

export interface PrivateNginx {
  lineUrl: string
  betsUrl: string
  /** Stops it and deletes its folder. */
  remove(): Promise<void>
}

/**
 * Starts Debian's nginx with the configuration of `deploy/`, on free ports of 127.0.0.1. All
 * replicas that the configuration names are the one process at each of the URLs.
 */
export async function startPrivateNginx(urls: {
  lineUrl: string
  betsUrl: string
}): Promise<PrivateNginx> {
  await ensureDebianPackages(['nginx'])
  const [line, bets, health] = (await freePorts(3)) as [number, number, number]
  const folder = createPrivateFolder('nginx')
  const text = readFileSync(`${CONFIGURATION}/bets.conf`, 'utf8')
    .replaceAll('/tmp/', `${folder}/`)
    .replaceAll('/etc/nginx/', `${CONFIGURATION}/`)
    .replace(/server line-provider\S*/g, `server ${new URL(urls.lineUrl).host}`)
    .replace(/server bet-maker\S*/g, `server ${new URL(urls.betsUrl).host}`)
    .replace('listen 8100;', `listen 127.0.0.1:${line};`)
    .replace('listen 8080;', `listen 127.0.0.1:${bets};`)
    .replace('127.0.0.1:8101', `127.0.0.1:${health}`)
  const file = `${folder}/bets.conf`
  writeFileSync(file, text)
  const server = new OwnedProcess({
    name: 'nginx',
    command: [NGINX, '-e', 'stderr', '-c', file, '-g', 'daemon off;'],
    env: { PATH: process.env.PATH ?? '' },
    folder,
    logFile: `${folder}/nginx.log`,
    stopSignal: 'SIGTERM',
    abortSignal: 'SIGKILL',
  })
  const remove = async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await server.waitUntil(() => portAnswers(health), READY_TIMEOUT_MS)
  } catch (error) {
    await remove()
    throw error
  }
  return { lineUrl: `http://127.0.0.1:${line}`, betsUrl: `http://127.0.0.1:${bets}`, remove }
}
