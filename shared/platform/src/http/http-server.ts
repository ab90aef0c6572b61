import { StartError } from '../process/env.ts'

/** Bodies between our own limit and this one get a problem document; above it Bun's bare 413. */
const MAX_REQUEST_BODY_BYTES = 1024 * 1024
const IDLE_TIMEOUT_SECONDS = 60
const DRAIN_POLL_MS = 10
/** A stopping server closes the remaining connections after this long without a request. */
const DRAIN_QUIET_MS = 200
/** A request that never ends, for example without its body, must not keep the process alive. */
const DRAIN_LIMIT_MS = 4_000

/** A server that listens. */
export interface HttpServer {
  url: string
  /** The number of requests in flight. */
  readonly pending: number
  /** Stops accepting connections, answers requests in flight, then closes every connection. */
  stop(): Promise<void>
}

export interface HttpServerOptions {
  fetch(request: Request): Response | Promise<Response>
  hostname: string
  /** 0 lets the system choose. */
  port: number
  /** Told of each answer before it is sent; `startedMs` by `performance.now()`. Must not throw. */
  onAnswer?: ((request: Request, status: number, startedMs: number) => void) | undefined
}

/** Serves HTTP with the limits of this project. Throws `StartError` when the port is taken. */
export function serveHttp({ fetch, hostname, port, onAnswer }: HttpServerOptions): HttpServer {
  let draining = false
  const server = listen(
    {
      hostname,
      port,
      // With port sharing, a forgotten old process would silently take half of the requests.
      reusePort: false,
      maxRequestBodySize: MAX_REQUEST_BODY_BYTES,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      development: false,
      async fetch(request) {
        const startedMs = performance.now()
        const response = await fetch(request)
        onAnswer?.(request, response.status, startedMs)
        if (draining) response.headers.set('connection', 'close')
        return response
      },
    },
    port,
  )
  return {
    url: `http://${hostname === '0.0.0.0' ? '127.0.0.1' : hostname}:${server.port}`,
    get pending() {
      return server.pendingRequests
    },
    async stop() {
      draining = true
      const stopped = server.stop()
      // Bun closes idle connections at once; clients on the others get `Connection: close` with
      // their answer. Accepting requests for 100 or 300 ms longer lost no fewer of those in transit
      // (tried).
      let quietMs = 0
      const giveUpAtMs = performance.now() + DRAIN_LIMIT_MS
      while (quietMs < DRAIN_QUIET_MS && performance.now() < giveUpAtMs) {
        await Bun.sleep(DRAIN_POLL_MS)
        quietMs = server.pendingRequests > 0 ? 0 : quietMs + DRAIN_POLL_MS
      }
      await server.stop(true)
      await stopped
    },
  }
}

function listen(options: Bun.Serve.Options<undefined>, port: number): Bun.Server<undefined> {
  try {
    return Bun.serve(options)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error
    throw new StartError(`Port ${port} is taken: stop what listens there or choose another.`)
  }
}
