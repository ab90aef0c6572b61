import { OverloadedError } from '@bets/domain/errors'

interface Entry<Item, Result> {
  item: Item
  /** When it will have waited too long, by `performance.now()`. */
  staleAtMs: number
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Observes a batcher. Must not throw. */
export interface BatchWatch {
  /** A batch with this many items is about to run. */
  starts(items: number): void
  /** Called once; `read` returns the current number of waiting items. */
  waiting(read: () => number): void
}

export interface BatcherOptions<Item, Result> {
  /**
   * Handles a batch. Returns one entry per item, in order: its result, or an error for that item
   * only.
   */
  run(items: Item[]): Promise<(Result | Error)[]>
  /** The most items in one batch. */
  maxBatch: number
  /** The most items that may wait for a batch; `submit` rejects more. */
  maxWaiting: number
  /**
   * How long an item may wait for a batch; one that has waited longer is rejected instead of run.
   */
  maxWaitMs: number
  /** How many batches may run at once. */
  concurrency: number
  watch?: BatchWatch | undefined
}

/**
 * Groups items into batches without a timer. An item that finds a free slot runs at once; items
 * that arrive while all slots are busy share the next batches.
 *
 * A batch takes at most one slot's fair share of all waiting and running items. Otherwise one slot
 * carries nearly all items while the others run a whole batch for a few: placing was 5 % slower.
 */
export class Batcher<Item, Result> {
  #waiting: Entry<Item, Result>[] = []
  #running = 0
  #itemsRunning = 0
  #scheduled = false

  constructor(private readonly options: BatcherOptions<Item, Result>) {
    options.watch?.waiting(() => this.waiting)
  }

  /** The number of items waiting for a batch. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Resolves with the item's own result. Rejects with `OverloadedError`, at once if too many items
   * are waiting, or later if this one has waited too long.
   */
  submit(item: Item): Promise<Result> {
    if (this.#waiting.length >= this.options.maxWaiting)
      return Promise.reject(new OverloadedError())
    return new Promise((resolve, reject) => {
      const staleAtMs = performance.now() + this.options.maxWaitMs
      this.#waiting.push({ item, staleAtMs, resolve, reject })
      this.#schedule()
    })
  }

  /**
   * Runs after the current tick, so that requests read from the sockets together share a batch.
   */
  #schedule(): void {
    if (this.#scheduled || this.#running >= this.options.concurrency) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#rejectStale()
      while (this.#waiting.length > 0 && this.#running < this.options.concurrency)
        void this.#runNext()
    })
  }

  /**
   * Rejects items that have waited too long, so that clients get an answer in time even behind slow
   * batches.
   */
  #rejectStale(): void {
    const nowMs = performance.now()
    const fresh = this.#waiting.findIndex(({ staleAtMs }) => staleAtMs > nowMs)
    const stale = this.#waiting.splice(0, fresh === -1 ? this.#waiting.length : fresh)
    for (const { reject } of stale) reject(new OverloadedError())
  }

  async #runNext(): Promise<void> {
    const { maxBatch, concurrency } = this.options
    const share = Math.ceil((this.#waiting.length + this.#itemsRunning) / concurrency)
    const batch = this.#waiting.splice(0, Math.min(share, maxBatch))
    this.options.watch?.starts(batch.length)
    this.#running++
    this.#itemsRunning += batch.length
    try {
      const results = await this.options.run(batch.map(({ item }) => item))
      if (results.length !== batch.length)
        throw new Error(`A batch of ${batch.length} items returned ${results.length} results.`)
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index] as Result | Error
        if (result instanceof Error) reject(result)
        else resolve(result)
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      this.#running--
      this.#itemsRunning -= batch.length
      if (this.#waiting.length > 0) this.#schedule()
    }
  }
}
