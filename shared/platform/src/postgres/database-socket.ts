import { connect, type Socket } from 'node:net'

/** How long a server may take to accept a connection. */
export const CONNECT_TIMEOUT_MS = 2_000
const KEEP_ALIVE_MS = 10_000
/**
 * The server ends every statement after two seconds. If it is silent for longer than this, it is
 * gone.
 */
const SILENCE_MS = 3_000
const CHECK_EVERY_MS = 500

interface Address {
  host: string[]
  port: number[]
  path?: string | false
}

/** Opens a connection to a database server, or gives up after `CONNECT_TIMEOUT_MS`. */
export function openSocket({ host, port, path }: Address): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = path
      ? connect(path)
      : connect({ host: host[0] as string, port: port[0] as number })
    const timer = setTimeout(
      () =>
        socket.destroy(
          Object.assign(new Error('no connection in time'), { code: 'CONNECT_TIMEOUT' }),
        ),
      CONNECT_TIMEOUT_MS,
    )
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', reject)
      socket.setNoDelay(true)
      socket.setKeepAlive(true, KEEP_ALIVE_MS)
      // The driver takes from here the name that a TLS certificate must have.
      resolve(Object.assign(socket, { host: host[0] }))
    })
  })
}

/**
 * Closes a connection on which the server has gone silent. After a failover, or behind a firewall
 * that dropped its state, a dead connection would stay open for 15 minutes (TCP keepalive does not
 * run while sent data is unacknowledged), and every statement sent on it would be lost. The socket
 * may be one of TLS: the server answers every statement, so what matters passes through it.
 */
export function watchForSilence(socket: Socket): void {
  // Counts checks, not time, so that a process that was stopped or busy does not mistake its own
  // pause for silence of the server.
  let silentChecks = 0
  let awaiting = false
  const write = socket.write.bind(socket)
  socket.write = ((...words: Parameters<typeof write>) => {
    awaiting = true
    return write(...words)
  }) as typeof socket.write
  socket.on('data', () => {
    awaiting = false
    silentChecks = 0
  })
  const timer = setInterval(() => {
    if (awaiting && ++silentChecks * CHECK_EVERY_MS > SILENCE_MS)
      socket.destroy(
        Object.assign(new Error('the server went silent'), { code: 'CONNECTION_SILENT' }),
      )
  }, CHECK_EVERY_MS)
  timer.unref()
  socket.once('close', () => clearInterval(timer))
}
