import { isIP, isIPv6 } from 'node:net'
import { StartError } from '../process/env.ts'
import { headChecker } from './request-head.ts'
import { NO_ROUTE } from './route-finder.ts'

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

/** A request and the status of its answer. */
export interface AnsweredRequest {
  /** The template of its route; `NO_ROUTE` without one. */
  route: string
  method: string
  status: number
  /** When it arrived, by `performance.now()`. */
  startedMs: number
}

export interface HttpServerOptions {
  fetch(request: Request): Response | Promise<Response>
  hostname: string
  /** 0 lets the system choose. */
  port: number
  /** The templates of the routes, such as `/bets/:id`. */
  paths?: readonly string[]
  /** Told of each answer before it is sent. Must not throw. */
  onAnswer?: ((answered: AnsweredRequest) => void) | undefined
}

/** Serves HTTP with the limits of this project. Throws `StartError` when it cannot listen. */
export function serveHttp(options: HttpServerOptions): HttpServer {
  const { fetch, hostname, port, paths = [], onAnswer } = options
  let draining = false
  const isHeadSound = headChecker(paths)
  const answerOn = (route: string) => async (request: Request) => {
    const startedMs = performance.now()
    const response = isHeadSound(request, route)
      ? await fetch(request)
      : new Response(null, { status: 400 })
    onAnswer?.({ route, method: request.method, status: response.status, startedMs })
    if (draining) response.headers.set('connection', 'close')
    return response
  }
  const server = listen(
    {
      hostname,
      port,
      // With port sharing, a forgotten old process would silently take half of the requests.
      reusePort: false,
      maxRequestBodySize: MAX_REQUEST_BODY_BYTES,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      development: false,
      routes: Object.fromEntries(paths.map((path) => [path, answerOn(path)])),
      fetch: answerOn(NO_ROUTE),
    },
    hostname,
    port,
  )
  return {
    url: `http://${urlHost(hostname)}:${server.port}`,
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

/** An address to listen on as the host of a URL. All addresses include that of this machine. */
function urlHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  if (address === '::') return '[::1]'
  return isIPv6(address) ? `[${address}]` : address
}

function listen(
  options: Bun.Serve.Options<undefined, string>,
  hostname: string,
  port: number,
): Bun.Server<undefined> {
  try {
    return Bun.serve(options)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    // For a name that nobody knows Bun reports whatever went wrong before.
    const unknown = isIP(hostname) === 0 ? `, or ${hostname} is no address of this machine` : ''
    throw new StartError(
      code === 'EADDRINUSE' || unknown
        ? `Port ${port} is taken${unknown}: stop what listens there or choose another.`
        : `Port ${port} of ${hostname} cannot be listened on: ${message}.`,
    )
  }
}
