interface Lane<Result> {
  running: Promise<Result>
  /** For those who asked while it was running. */
  next: Promise<Result> | undefined
}

/**
 * Lets a read that many ask for at once be done once for all of them. Whoever asks while it is
 * under way shares the next one with all others who do, so every answer comes from a read that
 * began after it was asked for: what was committed before is in it.
 */
export class SingleFlight<Result> {
  readonly #lanes = new Map<string, Lane<Result>>()

  /**
   * Answers or rejects as `read` does; the same object for all who share it. `key` says what is
   * read.
   */
  get(key: string, read: () => Promise<Result>): Promise<Result> {
    const lane = this.#lanes.get(key)
    if (lane === undefined) return this.#start(key, read)
    const afterwards = () => this.#start(key, read)
    lane.next ??= lane.running.then(afterwards, afterwards)
    return lane.next
  }

  #start(key: string, read: () => Promise<Result>): Promise<Result> {
    const running = read().finally(() => {
      if (lane.next === undefined) this.#lanes.delete(key)
    })
    const lane: Lane<Result> = { running, next: undefined }
    this.#lanes.set(key, lane)
    return running
  }
}
