import { must } from './bets-ledger.ts'
import type { Ended, Process } from './process.ts'
import type { Holder } from './turnstile.ts'

/**
 * How long to wait for what was started, and for what may wait on something that the run itself
 * holds up.
 */
const STUCK_MS = 10_000
const HELD_UP_MS = 30

/** Answers are taken in this order: what the line says tells which answers to bets are right. */
const ORDER = ['put', 'fact', 'bet'] as const
export type AnswerKind = (typeof ORDER)[number]

export type AnyProcess = Pick<
  Process<unknown>,
  'active' | 'waits' | 'losses' | 'cutAt' | 'setStepped' | 'kill'
>

/** What a run has started and not awaited, and the answers that it has not taken yet. */
export class InFlight {
  #tasks = 0
  #answers: { kind: AnswerKind; take(): void | Promise<void> }[] = []

  constructor(
    private readonly processes: readonly AnyProcess[],
    private readonly holders: readonly Holder[],
  ) {}

  get inDoubt(): boolean {
    return this.#answers.length > 0
  }

  /**
   * Starts work in a process. Unless it is an answer to judge, or `mayFail` says so, only a lost
   * connection lets it fail.
   */
  start<Parts, T>(
    process: Process<Parts>,
    work: (parts: Parts) => Promise<T>,
    kind: AnswerKind,
    take: (ended: Ended<T>) => void | Promise<void>,
    mayFail: (error: unknown) => boolean = () => kind !== 'fact',
  ): void {
    this.#tasks++
    const losses = process.losses
    void process.start(work).then((ended) => {
      this.#tasks--
      this.answer(kind, () => {
        const failed = ended.kind === 'failed' && process.losses === losses
        if (failed && !mayFail(ended.error)) throw ended.error
        return take(ended)
      })
    })
  }

  answer(kind: AnswerKind, take: () => void | Promise<void>): void {
    this.#answers.push({ kind, take })
  }

  /**
   * Waits until everything has ended or waits for something that the run decides, and takes the
   * answers.
   */
  async quiet(): Promise<void> {
    const startMs = performance.now()
    let overdue = false
    for (let calm = 0; calm < 3; ) {
      await new Promise((resolve) => setImmediate(resolve))
      calm = (await this.#busy()) ? 0 : calm + 1
      const waitedMs = performance.now() - startMs
      overdue = this.#holds && waitedMs > HELD_UP_MS
      if (overdue) break
      must(waitedMs < STUCK_MS, 'something never ended')
    }
    const answers = this.#answers
    // What the line has not answered yet may be what an answer to a bet is about: that one is
    // judged later.
    this.#answers = overdue ? answers.filter(({ kind }) => kind === 'bet') : []
    const due = overdue ? ORDER.filter((kind) => kind !== 'bet') : ORDER
    for (const kind of due)
      for (const answer of answers) if (answer.kind === kind) await answer.take()
  }

  get #holds(): boolean {
    return this.holders.some(({ holds }) => holds)
  }

  async #busy(): Promise<boolean> {
    const active = this.processes.reduce((sum, process) => sum + process.active, 0)
    if (active === 0)
      return this.#tasks > 0 && !this.#holds && !this.processes.some(({ waits }) => waits)
    const held = await Promise.all(this.holders.map((holder) => holder.waiting()))
    return active > held.reduce((sum, count) => sum + count, 0)
  }
}
