import type { Log } from '@bets/domain/log'
import type { Pause } from '@bets/domain/pause'

export interface RepeatOptions {
  name: string
  /**
   * One round. A long one should check `stop` and give up. A failed round is logged and repeated
   * after `retryMs`; wake-ups do not shorten that pause, because they would only make it fail
   * sooner.
   */
  round(stop: AbortSignal): Promise<Pause>
  retryMs: number
  log: Log
}

/**
 * Repeats a task: at once, after each pause, and when woken. Rounds never overlap.
 */
export class Repeat {
  readonly #stop = new AbortController()
  #woken = false
  #endPause: () => void = () => {}
  readonly #running: Promise<void>

  constructor(private readonly options: RepeatOptions) {
    this.#running = this.#run()
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted
  }

  /**
   * Starts the next round now, or right after the current one, whose reads may have come too early
   * to see the reason for the wake-up.
   */
  wake(): void {
    this.#woken = true
    this.#endPause()
  }

  /** Resolves when the current round has ended. No other follows. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#endPause()
    await this.#running
  }

  async #run(): Promise<void> {
    const { name, round, retryMs, log } = this.options
    while (!this.#stopped) {
      this.#woken = false
      let pause: Pause
      try {
        pause = await round(this.#stop.signal)
      } catch (error) {
        if (this.#stopped) return
        log.warn(`${name} failed, retrying`, { error })
        pause = { waitMs: retryMs, uninterruptible: true }
      }
      await this.#pause(pause)
    }
  }

  async #pause({ waitMs, uninterruptible = false }: Pause): Promise<void> {
    const over = () => this.#stopped || (this.#woken && !uninterruptible)
    if (waitMs === 0 || over()) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      this.#endPause = () => {
        if (!over()) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#endPause = () => {}
  }
}
