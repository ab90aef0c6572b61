import { must } from './bets-ledger.ts'
import type { Ended, Process } from './process.ts'
import type { Holder } from './turnstile.ts'

/**
 * How long to wait for work, and for work that may wait for something that the run itself holds.
 */
const STUCK_MS = 10_000
const HELD_UP_MS = 30

/** Answers are checked in this order: those of the line decide which answers to bets are right. */
const ORDER = ['put', 'fact', 'bet'] as const
export type AnswerKind = (typeof ORDER)[number]

export type AnyProcess = Pick<
  Process<unknown>,
  'active' | 'waits' | 'losses' | 'cutAt' | 'setStepped' | 'kill'
>

/** Work that a run has started, and the answers that it has not checked yet. */
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
   * Starts work in a process. A `fact` may fail only because a connection was lost, or where
   * `mayFail` says so.
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
   * Waits until all work has ended or waits for something that the run decides; then checks the
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
      must(waitedMs < STUCK_MS, 'work did not end')
    }
    const answers = this.#answers
    // An answer to a bet may depend on one that the line has not given yet: it is checked later.
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
