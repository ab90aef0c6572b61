import { type Outcome, send } from './bet-desk.ts'
import type { Day } from './day.ts'
import type { Ticket } from './event-book.ts'
import type { Later } from './later.ts'
import type { Offer, PriceList } from './price-list.ts'
import { between, pause, pick, type Random, randomOf } from './random.ts'

const PAUSE_MS = 2_000
const ACCEPT_ODDS = ['exact', 'exact', 'higher', 'any'] as const
const TRIES_AT_NEW_PRICE = 3
/** What a run remembers of a bet is about 400 bytes; bettors stop at this many. */
export const MOST_BETS = 1_000_000

/** One who bets now and then for as long as the day goes on, with keys of a space of their own. */
export class Bettor {
  readonly #random: Random
  readonly #client: number
  readonly #keySpace: string
  readonly #acceptOdds: Ticket['acceptOdds']
  /** How often one asks again before one gives up and asks later. */
  readonly #attempts: number
  #bets = 0

  constructor(
    private readonly day: Day,
    private readonly prices: PriceList,
    private readonly later: Later,
    number: number,
  ) {
    const clients = day.options.clientTokens.length
    this.#random = randomOf(day.options.seed, 'bettor', number)
    this.#client = number % clients
    // The same for bettors of other clients: a key belongs to a client.
    this.#keySpace = `${day.run}.${Math.floor(number / clients)}`
    this.#acceptOdds = pick(this.#random, ACCEPT_ODDS)
    this.#attempts = Math.floor(between(this.#random, 1, 6))
  }

  async bet(): Promise<void> {
    let pauseMs = this.#random() * PAUSE_MS
    // Whoever would come back after the end goes home.
    while (pauseMs < this.day.leftMs && this.day.tally.taken < MOST_BETS) {
      await Bun.sleep(pauseMs)
      const offer = this.prices.any(this.#random)
      if (offer !== undefined && this.day.isOn) await this.#place(offer)
      pauseMs = pause(this.#random, PAUSE_MS)
    }
  }

  async #place({ book, hundredths }: Offer): Promise<void> {
    const { tally } = this.day
    let seen = hundredths
    for (let tries = 1; ; tries++) {
      const ticket = this.#ticket(book, seen)
      const outcome = await this.#insist(ticket)
      if (outcome.kind === 'taken' && tries > 1) tally.atNewPrice++
      if (outcome.kind === 'taken' && this.#random() < 0.03) this.later.repeat(ticket)
      if (outcome.kind === 'again') this.later.askAbout(ticket)
      if (outcome.kind !== 'refused' || outcome.hundredths === undefined) return
      if (!this.day.isOn || tries === TRIES_AT_NEW_PRICE || this.#random() < 0.4) return
      seen = outcome.hundredths
    }
  }

  /**
   * Sends a bet, by a double click now and then, and again while the outcome is not known and
   * patience lasts.
   */
  async #insist(ticket: Ticket): Promise<Outcome> {
    const { tally } = this.day
    let outcome = await (this.#random() < 0.04 ? this.#doubleClick(ticket) : send(this.day, ticket))
    for (let attempt = 1; outcome.kind === 'again' && attempt < this.#attempts; attempt++) {
      this.later.mayExist(ticket)
      await Bun.sleep(outcome.afterMs)
      if (this.day.interrupted) break
      tally.retries++
      outcome = await send(this.day, ticket)
    }
    return outcome
  }

  async #doubleClick(ticket: Ticket): Promise<Outcome> {
    const outcomes = await Promise.all([send(this.day, ticket), send(this.day, ticket)])
    const [first, second] = outcomes
    if (first.kind === 'taken' && second.kind === 'taken') this.day.tally.doubleClicks++
    const order = ['taken', 'again', 'refused']
    return order.indexOf(first.kind) <= order.indexOf(second.kind) ? first : second
  }

  #ticket(book: Ticket['book'], seen: number): Ticket {
    const blind = this.#acceptOdds === 'any' && this.#random() < 0.5
    return {
      book,
      client: this.#client,
      key: `${this.#keySpace}.${this.#bets++}`,
      cents: this.#stakeCents(),
      seen: blind ? undefined : seen,
      acceptOdds: this.#acceptOdds,
      sentAtMs: 0,
      floor: 0,
      wasFirst: false,
      taken: undefined,
    }
  }

  /** Mostly a few euros, sometimes thousands, now and then a single cent. */
  #stakeCents(): number {
    const chance = this.#random()
    if (chance < 0.005) return 1
    return Math.round(
      between(this.#random, 50, 2_000) * (chance > 0.995 ? 100 : chance > 0.9 ? 10 : 1),
    )
  }
}
