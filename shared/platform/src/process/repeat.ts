import type { Log } from '@bets/domain/log'
import type { Pause } from '@bets/domain/pause'

export interface RepeatOptions {
  name: string
  /**
   * One round; a long one looks at `stop` and gives up. One that fails is logged and repeated after
   * `retryMs`, deaf: what failed would only fail faster.
   */
  round(stop: AbortSignal): Promise<Pause>
  retryMs: number
  log: Log
}

/**
 * Does something over and over: at once, after each pause, and when woken. Rounds never overlap.
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
   * Starts the next round now, or right after the one in hand: what woke it may have come after its
   * reads.
   */
  wake(): void {
    this.#woken = true
    this.#endPause()
  }

  /** Resolves when the round in hand has ended; none follows. */
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
        pause = { waitMs: retryMs, deaf: true }
      }
      await this.#pause(pause)
    }
  }

  async #pause({ waitMs, deaf = false }: Pause): Promise<void> {
    const over = () => this.#stopped || (this.#woken && !deaf)
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
