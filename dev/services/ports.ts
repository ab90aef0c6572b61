import { createServer } from 'node:net'

/**
 * Below 32768, where Linux starts to choose the ports of outgoing connections. A client that
 * retries a stopped server up there may get that very port for its own end, connect to itself and
 * keep the port taken.
 */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000
const MAX_TRIES = 200
/** Handed out by this process. The receiver may not listen on it yet. */
const given = new Set<number>()

/** Distinct ports of 127.0.0.1 that are free now and were not handed out before. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let tries = 0; found.size < count; tries++) {
    if (tries === MAX_TRIES)
      throw new Error(`No ${count} free ports from ${FIRST_PORT} to ${LAST_PORT}.`)
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT))
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    found.add(port)
  }
  return [...found]
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port as number
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => resolve(true)),
    )
  })
}
