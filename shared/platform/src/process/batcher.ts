import { OverloadedError } from '@bets/domain/errors'

interface Entry<Item, Result> {
  item: Item
  /** When it has waited too long, by `performance.now()`. */
  staleAtMs: number
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Looks at a batcher from outside; must not throw. */
export interface BatchWatch {
  /** A batch of so many items is about to run. */
  starts(items: number): void
  /** Called once: `read` tells at any time how many items wait. */
  waiting(read: () => number): void
}

export interface BatcherOptions<Item, Result> {
  /**
   * Handles a batch; answers one result, or an error for that item alone, per item, in the items'
   * order.
   */
  run(items: Item[]): Promise<(Result | Error)[]>
  /** The most items in one batch. */
  maxBatch: number
  /** The most items that may wait for a batch; beyond it `submit` refuses. */
  maxWaiting: number
  /**
   * How long an item may wait for a batch; one that has waited longer is refused instead of run.
   */
  maxWaitMs: number
  /** How many batches may run at once. */
  concurrency: number
  watch?: BatchWatch | undefined
}

/**
 * Lets batches form by themselves: an item that finds a free slot goes at once, what arrives while
 * every slot is busy goes together into the next batches. There is no timer, so nothing waits for
 * company.
 *
 * A batch takes no more than a slot's fair share of all that waits and runs. Otherwise one slot
 * carries nearly everything, the others a few items each at the cost of a whole batch: placing was
 * slower by 5 %.
 */
export class Batcher<Item, Result> {
  #waiting: Entry<Item, Result>[] = []
  #running = 0
  #itemsRunning = 0
  #scheduled = false

  constructor(private readonly options: BatcherOptions<Item, Result>) {
    options.watch?.waiting(() => this.waiting)
  }

  /** How many items wait for a batch. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Resolves with the item's own result. Rejects with `OverloadedError` at once when too many wait,
   * or later.
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
   * Starts after the current tick, so that requests read from the sockets in one go share a batch.
   */
  #schedule(): void {
    if (this.#scheduled || this.#running >= this.options.concurrency) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#refuseStale()
      while (this.#waiting.length > 0 && this.#running < this.options.concurrency)
        void this.#runNext()
    })
  }

  /**
   * Behind batches that take long, the answer must still come in time: what has waited too long is
   * refused.
   */
  #refuseStale(): void {
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
        throw new Error(`A batch of ${batch.length} got ${results.length} results.`)
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
