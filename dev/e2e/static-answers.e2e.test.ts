import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { eventually } from '../testing/eventually.ts'
import { type ServiceProcess, spawnService } from '../testing/process.ts'
import { head } from '../testing/raw-http.ts'

/** Nothing listens there: static answers need neither. */
const ALONE = {
  LINE_DATABASE_URL: 'postgres://line:line@127.0.0.1:1/line_db',
  BET_DATABASE_URL: 'postgres://bet:bet@127.0.0.1:1/bet_db',
  BROKER_URL: 'amqp://line:line@127.0.0.1:1',
  LOG_LEVEL: 'error',
}
const BUNDLE = '/docs/swagger-ui-bundle.js'
const CLIENTS = 400
/** Sockets and their buffers. A copy of the file for each client would be 660 MB. */
const GROWTH_MB = 100

/** The most memory that the process has had so far. */
const peakMb = ({ pid }: ServiceProcess) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

/** Requests a path and reads nothing of the answer; resolves when the request is sent. */
function requestUnread({ url }: ServiceProcess, method: string, path: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) }, () => {
      socket.pause()
      socket.write(head(method, path), () => resolve(socket))
    })
    socket.on('error', reject)
  })
}

test.each(['line-provider/src/main.ts', 'bet-maker/src/main.ts'] as const)(
  'F29 %s: hundreds of clients that do not read the largest file cost it no memory',
  async (entry) => {
    const service = await spawnService(entry, ALONE)
    const before = peakMb(service)
    const ask = (method: string) =>
      Promise.all(Array.from({ length: CLIENTS }, () => requestUnread(service, method, BUNDLE)))
    for (const socket of await ask('GET')) socket.resetAndDestroy()
    const unread = [...(await ask('GET')), ...(await ask('HEAD'))]
    await eventually(async () => {
      const answer = await fetch(service.url + BUNDLE)
      expect((await answer.bytes()).length).toBeGreaterThan(1_000_000)
    })
    expect(peakMb(service) - before).toBeLessThan(GROWTH_MB)
    for (const socket of unread) socket.destroy()
  },
)
