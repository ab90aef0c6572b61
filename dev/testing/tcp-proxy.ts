import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy that the test can cut, hold and reopen. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>()
  /** Forwards data between sockets. */
  readonly #ways = new Map<Socket, Socket>()
  #holding = false
  readonly #target: URL
  readonly #frozen = new WeakSet<Socket>()
  #server: Server | undefined
  #port = 0

  /** `address` is where it listens. */
  constructor(
    target: string,
    private readonly address = '127.0.0.1',
  ) {
    this.#target = new URL(target)
  }

  /** The URL of the target through this proxy. */
  get url(): string {
    const url = new URL(this.#target)
    url.hostname = this.address.includes(':') ? `[${this.address}]` : this.address
    url.port = String(this.#port)
    return url.href
  }

  /** The number of client connections. */
  get connections(): number {
    return this.#ways.size / 2
  }

  /** Listens, always on the same port. */
  async open(): Promise<this> {
    const server = createServer((client) => {
      const upstream = connectSocket(Number(this.#target.port), this.#target.hostname)
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          this.#sockets.delete(socket)
          this.#ways.delete(socket)
          // When one side abandons a half-open connection, the other does not notice.
          if (this.#frozen.has(socket)) return
          client.destroy()
          upstream.destroy()
        })
      }
      this.#ways.set(client, upstream).set(upstream, client)
      if (!this.#holding) client.pipe(upstream).pipe(client)
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, this.address, resolve))
    this.#port = (server.address() as { port: number }).port
    return this
  }

  /** Cuts all connections; new ones work. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Silently drops everything on the current connections. */
  freeze(): void {
    for (const socket of this.#sockets) {
      socket.unpipe()
      this.#frozen.add(socket)
    }
  }

  /** Keeps and accepts connections, but holds all data until `resume`. Nothing is lost. */
  hold(): void {
    this.#holding = true
    for (const socket of this.#sockets) socket.unpipe()
  }

  /** Forwards the held data, and everything from now on. */
  resume(): void {
    this.#holding = false
    for (const [from, to] of this.#ways) from.pipe(to)
  }

  /** Cuts every connection and refuses new ones. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const closed = new Promise<void>((resolve) =>
      server ? server.close(() => resolve()) : resolve(),
    )
    this.cut()
    await closed
  }
}
