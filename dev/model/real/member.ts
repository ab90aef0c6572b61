import type { Entry } from '../../services/service-process.ts'
import { type ServiceProcess, spawnService } from '../../testing/process.ts'
import { must } from '../bets-ledger.ts'

/** The last lines of a log that are shown when a process has ended by itself. */
const LOG_TAIL = 5

/** A process of the project with a port that it keeps from one life to the next. */
export class Member {
  #life: ServiceProcess | undefined
  #starting: Promise<void> = Promise.resolve()
  #failure: string | undefined

  constructor(
    private readonly entry: Entry,
    private readonly env: Record<string, string>,
    readonly url: string,
  ) {}

  /** Ends it as a crash would, also while it starts or stands still. */
  async kill(): Promise<void> {
    await this.#starting
    const life = this.#life
    this.#life = undefined
    life?.kill('SIGKILL')
    await life?.exited
  }

  /** Resolves when it is live. */
  start(): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  /**
   * Takes all its time from it, from the next moment on; `resume` goes on as if there had been none
   * in between.
   */
  pause(): void {
    this.#life?.kill('SIGSTOP')
  }

  resume(): void {
    this.#life?.kill('SIGCONT')
  }

  /** Throws when it has ended without having been killed here, or has met what nobody foresaw. */
  checkLife(): void {
    must(this.#failure === undefined, 'a process ended by itself', this.#failure)
    const unforeseen = this.#life?.logs.find((line) => line.includes('"request failed"'))
    must(unforeseen === undefined, 'a request met what nobody foresaw', unforeseen)
  }

  /** Resolves when it is up and ready. */
  async ready(): Promise<void> {
    await this.#starting
    await this.#life?.waitReady()
    this.checkLife()
  }

  /** Its id while it lives. */
  get pid(): number | undefined {
    return this.#life?.pid
  }

  async #start(): Promise<void> {
    const life = await spawnService(this.entry, this.env)
    this.#life = life
    void life.exited.then((code) => {
      if (this.#life === life)
        this.#failure = `${this.entry} exited ${code}: ${life.logs.slice(-LOG_TAIL).join('\n')}`
    })
  }
}
