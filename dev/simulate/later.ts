import { inLanes } from '../testing/in-lanes.ts'
import { send } from './bet-desk.ts'
import type { Day } from './day.ts'
import type { Ticket } from './event-book.ts'
import { LATE_MS } from './operator.ts'

const REPEAT_AFTER_MS = 2_000
const ASK_AFTER_MS = 3_000
/** So many are asked about at once, when all have come to nothing at the same time. */
const LANES = 32

/** What bettors come back for: to repeat a bet that was taken, and to ask what became of one. */
export class Later {
  readonly #coming = new Set<Promise<void>>()
  /**
   * Sent at least once without a word of what became of it: it may be taken late, even after a
   * refusal of its repeat.
   */
  readonly #unknown = new Set<Ticket>()
  #lastUnknownMs = 0

  constructor(private readonly day: Day) {}

  /** The same again after a while: it must be the same bet. */
  repeat(ticket: Ticket): void {
    this.#add(REPEAT_AFTER_MS, async () => {
      const { kind } = await send(this.day, ticket)
      if (kind === 'taken') this.day.tally.repeats++
    })
  }

  mayExist(ticket: Ticket): void {
    if (ticket.taken === undefined) this.#unknown.add(ticket)
    this.#lastUnknownMs = performance.now()
  }

  /** Given up by its bettor, who asks once more after a while. */
  askAbout(ticket: Ticket): void {
    this.mayExist(ticket)
    this.day.tally.unknown++
    this.#add(ASK_AFTER_MS, async () => {
      const { kind } = await send(this.day, ticket)
      if (kind === 'again') this.mayExist(ticket)
    })
  }

  /**
   * Asks about all whose outcome is not known, until it is: by the same key, once nothing can still
   * be on its way, so that a refusal then is the last word. To be called when nobody bets any more.
   */
  async settle(): Promise<void> {
    await Promise.all(this.#coming)
    const left = [...this.#unknown].filter(({ taken }) => taken === undefined)
    this.#unknown.clear()
    if (left.length === 0) return
    await Bun.sleep(Math.max(0, this.#lastUnknownMs + LATE_MS - performance.now()))
    await inLanes(LANES, left, (ticket) => this.#resolve(ticket))
  }

  async #resolve(ticket: Ticket): Promise<void> {
    this.#unknown.add(ticket)
    let lostAtMs = 0
    while (this.day.hasPatience) {
      const outcome = await send(this.day, ticket)
      if (outcome.kind === 'again') lostAtMs = performance.now()
      const isLastWord =
        outcome.kind === 'taken' ||
        (outcome.kind === 'refused' && performance.now() > lostAtMs + LATE_MS)
      if (isLastWord) {
        this.#unknown.delete(ticket)
        return
      }
      await Bun.sleep(outcome.kind === 'again' ? outcome.afterMs : LATE_MS)
    }
    if (!this.day.interrupted)
      this.day.findings.add(`${ticket.key} on ${ticket.book.id}: nobody said whether it was taken`)
  }

  #add(afterMs: number, run: () => Promise<void>): void {
    const coming = Bun.sleep(afterMs)
      .then(() => (this.day.hasPatience ? run() : undefined))
      .finally(() => this.#coming.delete(coming))
    this.#coming.add(coming)
  }
}
