import { createServer } from 'node:net'

/**
 * Below 32768, where Linux's ports for outgoing connections begin. There, a client retrying a
 * stopped server could get the server's port for its own end, connect to itself and block the port.
 */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000
const MAX_TRIES = 200
/** Ports handed out by this process, possibly not listened on yet. */
const given = new Set<number>()

/** Distinct free ports of 127.0.0.1 that were not handed out before. */
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
