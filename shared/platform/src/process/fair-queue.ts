import { OverloadedError } from '@bets/domain/errors'

export interface FairQueueOptions {
  /** How many tasks run at once. */
  concurrency: number
  /** How many tasks of one caller may wait. */
  maxWaiting: number
  /** How long a task may wait before it is rejected instead of run. */
  maxWaitMs: number
}

/**
 * Runs a few tasks at once while the others wait. Waiting callers take turns, so one that sends far
 * more than the others delays them by no more than one task each.
 */
export class FairQueue {
  #running = 0
  /** The waiting tasks by caller, the caller whose turn it is first. */
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(private readonly options: FairQueueOptions) {}

  /**
   * Resolves or rejects as `task` does. Rejects with `OverloadedError`, at once if too many tasks
   * of this caller are waiting, or later if this one has waited too long; it is then not run.
   */
  async run<Result>(caller: string, task: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.options.concurrency) this.#running++
    else await this.#turnOf(caller)
    try {
      return await task()
    } finally {
      this.#passOn()
    }
  }

  #turnOf(caller: string): Promise<void> {
    const tasks = this.#waiting.get(caller) ?? new Set()
    if (tasks.size >= this.options.maxWaiting) throw new OverloadedError()
    this.#waiting.set(caller, tasks)
    return new Promise((resolve, reject) => {
      const start = () => {
        clearTimeout(limit)
        resolve()
      }
      const limit = setTimeout(() => {
        tasks.delete(start)
        if (tasks.size === 0) this.#waiting.delete(caller)
        reject(new OverloadedError())
      }, this.options.maxWaitMs)
      tasks.add(start)
    })
  }

  /** Gives the place of a task that has ended to the next caller's oldest one. */
  #passOn(): void {
    const [turn] = this.#waiting
    if (turn === undefined) {
      this.#running--
      return
    }
    const [caller, tasks] = turn
    const [start] = tasks as Set<() => void>
    this.#waiting.delete(caller)
    tasks.delete(start as () => void)
    if (tasks.size > 0) this.#waiting.set(caller, tasks)
    start?.()
  }
}
