import type { Log } from '@bets/domain/log'

interface Release {
  name: string
  run: () => Promise<unknown>
}

/**
 * `bun run` passes on the Ctrl-C that the terminal has sent to us as well: that is not a second
 * one.
 */
const ECHO_MS = 300

/** What a process holds, released in the opposite order when it is told to stop. */
export class Shutdown {
  readonly #releases: Release[] = []
  #startedAtMs: number | undefined

  constructor(
    private readonly log: Log,
    private readonly timeoutMs: number,
  ) {}

  /** `run` releases one thing; what was added later is released before it. */
  add(name: string, run: () => Promise<unknown>): void {
    this.#releases.push({ name, run })
  }

  /** Exits 0 when all is released, 1 when the time is up. A second signal exits at once. */
  onSignals(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => {
        if (this.#startedAtMs !== undefined) {
          if (signal === 'SIGINT' && performance.now() - this.#startedAtMs < ECHO_MS) return
          process.exit(1)
        }
        this.#startedAtMs = performance.now()
        this.log.info('stopping', { signal })
        void this.#exit()
      })
  }

  async #exit(): Promise<never> {
    const timer = setTimeout(() => {
      this.log.error('shutdown timed out')
      process.exit(1)
    }, this.timeoutMs)
    await this.release()
    clearTimeout(timer)
    this.log.info('stopped')
    process.exit(0)
  }

  /**
   * Releases everything, last added first. One that fails is logged and does not keep the others.
   */
  async release(): Promise<void> {
    for (const { name, run } of this.#releases.reverse())
      try {
        await run()
      } catch (error) {
        this.log.error('release failed', { name, error })
      }
  }
}
