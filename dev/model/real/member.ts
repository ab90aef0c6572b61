import type { Entry } from '../../services/service-process.ts'
import { type ServiceProcess, spawnService } from '../../testing/process.ts'
import { must } from '../bets-ledger.ts'

/** How many lines of the log to show when a process has ended by itself. */
const LOG_TAIL = 5

/** A process of the project, which keeps its port when it is restarted. */
export class Member {
  #life: ServiceProcess | undefined
  #starting: Promise<void> = Promise.resolve()
  #failure: string | undefined

  constructor(
    private readonly entry: Entry,
    private readonly env: Record<string, string>,
    readonly url: string,
  ) {}

  /** Kills it as a crash would, even while it starts or is paused. */
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

  /** Stops it until `resume`, which continues as if no time had passed. */
  pause(): void {
    this.#life?.kill('SIGSTOP')
  }

  resume(): void {
    this.#life?.kill('SIGCONT')
  }

  /** Throws if it has ended by itself, or has logged an unexpected error. */
  checkLife(): void {
    must(this.#failure === undefined, 'a process ended by itself', this.#failure)
    const unexpected = this.#life?.logs.find((line) => line.includes('"request failed"'))
    must(unexpected === undefined, 'a request failed unexpectedly', unexpected)
  }

  /** Resolves when it is up and ready. */
  async ready(): Promise<void> {
    await this.#starting
    await this.#life?.waitReady()
    this.checkLife()
  }

  /** Its process id while it is alive. */
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
