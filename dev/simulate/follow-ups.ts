import { inLanes } from '../testing/in-lanes.ts'
import type { Day } from './day.ts'
import type { Ticket } from './event-book.ts'
import { LATE_MS } from './operator.ts'
import { type Outcome, sendBet } from './send-bet.ts'

const REPEAT_AFTER_MS = 2_000
const LOOK_UP_AFTER_MS = 3_000
/** Unknown outcomes are looked up this many at a time. */
const LANES = 32

/**
 * Repeats a request with its key until its outcome is final: a refusal is not while an attempt
 * without an answer may still arrive. Undefined when the time is up.
 */
export async function untilKnown(
  day: Day,
  attempt: () => Promise<Outcome>,
): Promise<Outcome | undefined> {
  let lostAtMs = Number.NEGATIVE_INFINITY
  while (day.mayWait) {
    const outcome = await attempt()
    if (outcome.kind === 'retry') lostAtMs = performance.now()
    const isFinal =
      outcome.kind === 'accepted' ||
      (outcome.kind === 'refused' && performance.now() > lostAtMs + LATE_MS)
    if (isFinal) return outcome
    await Bun.sleep(outcome.kind === 'retry' ? outcome.afterMs : LATE_MS)
  }
  return undefined
}

/** Requests sent later: repeats of accepted bets, and lookups of bets with unknown outcome. */
export class FollowUps {
  readonly #pending = new Set<Promise<void>>()
  /**
   * Sent at least once with an unknown outcome. Such a bet may be accepted late, even after its
   * repeat was refused.
   */
  readonly #unknown = new Set<Ticket>()
  #lastUnknownMs = 0

  constructor(private readonly day: Day) {}

  /** Sends the same request again later: it must return the same bet. */
  repeatLater(ticket: Ticket): void {
    this.#add(REPEAT_AFTER_MS, async () => {
      const { kind } = await sendBet(this.day, ticket)
      if (kind === 'accepted') this.day.tally.repeats++
    })
  }

  mayExist(ticket: Ticket): void {
    if (ticket.accepted === undefined) this.#unknown.add(ticket)
    this.#lastUnknownMs = performance.now()
  }

  /** Sends a bet again later, after its bettor has given up. */
  lookUpLater(ticket: Ticket): void {
    this.mayExist(ticket)
    this.day.tally.unknown++
    this.#add(LOOK_UP_AFTER_MS, async () => {
      const { kind } = await sendBet(this.day, ticket)
      if (kind === 'retry') this.mayExist(ticket)
    })
  }

  /**
   * Resolves all unknown outcomes by sending the bets again with their keys. It first waits until
   * no earlier attempt can still be in flight, so that a refusal is final. Call it after the last
   * bet.
   */
  async finish(): Promise<void> {
    await Promise.all(this.#pending)
    const left = [...this.#unknown].filter(({ accepted }) => accepted === undefined)
    this.#unknown.clear()
    if (left.length === 0) return
    await Bun.sleep(Math.max(0, this.#lastUnknownMs + LATE_MS - performance.now()))
    await inLanes(LANES, left, (ticket) => this.#resolve(ticket))
  }

  async #resolve(ticket: Ticket): Promise<void> {
    this.#unknown.add(ticket)
    const outcome = await untilKnown(this.day, () => sendBet(this.day, ticket))
    if (outcome !== undefined) this.#unknown.delete(ticket)
    else if (!this.day.interrupted)
      this.day.findings.add(`${ticket.key} on ${ticket.book.id}: the outcome stayed unknown`)
  }

  #add(afterMs: number, run: () => Promise<void>): void {
    const pending = Bun.sleep(afterMs)
      .then(() => (this.day.mayWait ? run() : undefined))
      .finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
  }
}
