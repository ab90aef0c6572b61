import type { AccountBook } from './account-book.ts'
import { EventBook } from './event-book.ts'
import type { Options } from './options.ts'
import { type EventPlan, planMatchDay } from './plan.ts'
import { Tally } from './tally.ts'
import { Wire } from './wire.ts'

/** The deadline of events that do not kick off during the day, in seconds after its end. */
const AFTERWARDS_S = 3_600
const MOST_STORED = 200

export type Phase = 'match day' | 'last answers' | 'reconciling' | 'over'

/** The progress of the reconciliation. */
export interface Reconciled {
  events: number
  bets: number
  histories: number
  /** Bets whose settlement was corrected or withdrawn. */
  resettled: number
  accounts: number
  /** Entries of their statements. */
  entries: number
  /** What the accounts were shown to hold, together. */
  balanceCents: bigint
  /** How many of them were shown to be below zero. */
  belowZero: number
}

/** Mismatches found in a run. All are counted; only the first are stored. */
export class Findings {
  readonly texts: string[] = []
  count = 0

  add(text: string): void {
    this.count++
    if (this.texts.length < MOST_STORED) this.texts.push(text)
  }

  addAll(texts: readonly string[]): void {
    for (const text of texts) this.add(text)
  }
}

/** Everything a run knows: its plan and all answers so far. */
export class Day {
  readonly tally = new Tally()
  readonly wire = new Wire(this.tally)
  readonly findings = new Findings()
  readonly plans: readonly EventPlan[]
  readonly books: readonly EventBook[]
  /** The accounts of its bettors, opened or not. */
  readonly accounts: AccountBook[] = []
  readonly reconciled: Reconciled = {
    ...{ events: 0, bets: 0, histories: 0, resettled: 0 },
    ...{ accounts: 0, entries: 0, balanceCents: 0n, belowZero: 0 },
  }
  readonly beganMs = performance.now()
  /** The current phase, for display. */
  phase: Phase = 'match day'
  #waitUntilMs: number
  /** Set by Ctrl-C: nothing new is sent. */
  interrupted = false

  constructor(
    readonly options: Options,
    readonly run: string,
  ) {
    this.#waitUntilMs = this.beganMs + options.seconds * 1_000 + options.patienceMs
    this.plans = planMatchDay(options)
    const nowS = Date.now() / 1_000
    this.books = this.plans.map(({ kickOffMs }, event) => {
      const aheadS = kickOffMs === undefined ? options.seconds + AFTERWARDS_S : kickOffMs / 1_000
      return new EventBook(`${run}.${event}`, Math.ceil(nowS + aheadS))
    })
  }

  get elapsedMs(): number {
    return performance.now() - this.beganMs
  }

  get leftMs(): number {
    return this.options.seconds * 1_000 - this.elapsedMs
  }

  /** Whether bets are still placed. */
  get isOn(): boolean {
    return !this.interrupted && this.leftMs > 0
  }

  /** Starts a phase; each one after the match day may take `patienceMs`. */
  enter(phase: Phase): void {
    this.phase = phase
    this.#waitUntilMs = performance.now() + this.options.patienceMs
  }

  /** Whether the phase may still wait for an answer or a settlement. */
  get mayWait(): boolean {
    return !this.interrupted && performance.now() < this.#waitUntilMs
  }

  /** The event with this id, if it belongs to this run. */
  bookOf(eventId: string): EventBook | undefined {
    return eventId.startsWith(`${this.run}.`)
      ? this.books[Number(eventId.slice(this.run.length + 1))]
      : undefined
  }
}
