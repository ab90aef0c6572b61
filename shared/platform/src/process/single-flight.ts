interface Flight<Result> {
  running: Promise<Result>
  /** For calls that came while it was running. */
  next: Promise<Result> | undefined
}

/**
 * Deduplicates concurrent reads. Calls that come while a read is running share the next read, so
 * every result comes from a read that started after the call and includes everything committed
 * before it.
 */
export class SingleFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>()

  /**
   * Resolves or rejects as `read` does, with the same object for all callers that share it. `key`
   * identifies what is read.
   */
  get(key: string, read: () => Promise<Result>): Promise<Result> {
    const flight = this.#flights.get(key)
    if (flight === undefined) return this.#start(key, read)
    const afterwards = () => this.#start(key, read)
    flight.next ??= flight.running.then(afterwards, afterwards)
    return flight.next
  }

  #start(key: string, read: () => Promise<Result>): Promise<Result> {
    const running = read().finally(() => {
      if (flight.next === undefined) this.#flights.delete(key)
    })
    const flight: Flight<Result> = { running, next: undefined }
    this.#flights.set(key, flight)
    return running
  }
}
