import type { Log } from '@bets/domain/log'

interface Release {
  name: string
  run: () => Promise<unknown>
}

/**
 * `bun run` forwards the Ctrl-C that the terminal already sent to us. That does not count as a
 * second signal.
 */
const ECHO_MS = 300

/** Releases the resources of a process in reverse order when it is told to stop. */
export class Shutdown {
  readonly #releases: Release[] = []
  #startedAtMs: number | undefined

  constructor(
    private readonly log: Log,
    private readonly timeoutMs: number,
  ) {}

  /** `run` releases one resource, after all that are added later. */
  add(name: string, run: () => Promise<unknown>): void {
    this.#releases.push({ name, run })
  }

  /** Exits 0 when everything is released, 1 after the timeout. A second signal exits at once. */
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
   * Releases everything, last added first. A failure is logged and does not stop the others.
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
