import type { Day } from './day.ts'
import type { Ticket } from './event-book.ts'
import type { FollowUps } from './follow-ups.ts'
import type { Offer, OpenEvents } from './open-events.ts'
import { between, pause, pick, type Random, randomOf } from './random.ts'
import { type Outcome, sendBet } from './send-bet.ts'
import { Wallet } from './wallet.ts'

const PAUSE_MS = 2_000
const ACCEPT_ODDS = ['exact', 'exact', 'higher', 'any'] as const
const TRIES = 3
/** The share of bettors whose money their client keeps itself. */
const WITHOUT_ACCOUNT = 0.25
/** A run keeps about 400 bytes for each bet; bettors stop at this many. */
export const MOST_BETS = 1_000_000

/** Places bets at random intervals until the day ends, with keys unique to its client. */
export class Bettor {
  readonly #random: Random
  readonly #client: number
  readonly #keySpace: string
  readonly #acceptOdds: Ticket['acceptOdds']
  /** Attempts before it gives up and asks about the bet later. */
  readonly #attempts: number
  /** Undefined when its client keeps its money. */
  readonly #wallet: Wallet | undefined
  #bets = 0

  constructor(
    private readonly day: Day,
    private readonly openEvents: OpenEvents,
    private readonly followUps: FollowUps,
    number: number,
  ) {
    const clients = day.options.clientTokens.length
    this.#random = randomOf(day.options.seed, 'bettor', number)
    this.#client = number % clients
    // Bettors of different clients share keys on purpose: keys are scoped to a client.
    this.#keySpace = `${day.run}.${Math.floor(number / clients)}`
    this.#acceptOdds = pick(this.#random, ACCEPT_ODDS)
    this.#attempts = Math.floor(between(this.#random, 1, 6))
    const ofWallet = randomOf(day.options.seed, 'wallet', number)
    if (ofWallet() >= WITHOUT_ACCOUNT)
      this.#wallet = new Wallet(day, ofWallet, this.#client, this.#keySpace)
  }

  async bet(): Promise<void> {
    let pauseMs = this.#random() * PAUSE_MS
    // Stops when the next bet would come after the end of the day.
    while (pauseMs < this.day.leftMs && this.day.tally.accepted < MOST_BETS) {
      await Bun.sleep(pauseMs)
      const offer = this.openEvents.pickOffer(this.#random)
      if (offer !== undefined && this.day.isOn) await this.#place(offer)
      if (this.day.isOn && this.#random() < 0.1) await this.#wallet?.withdrawWinnings()
      pauseMs = pause(this.#random, PAUSE_MS)
    }
  }

  async #place({ book, hundredths }: Offer): Promise<void> {
    const { tally } = this.day
    if (this.#wallet !== undefined && !(await this.#wallet.open())) return
    let seen = hundredths
    for (let tries = 1; ; tries++) {
      const ticket = this.#ticket(book, seen)
      const outcome = await this.#sendAndRetry(ticket)
      if (outcome.kind === 'accepted' && seen !== hundredths) tally.atNewCoefficient++
      if (outcome.kind === 'accepted' && this.#random() < 0.03) this.followUps.repeatLater(ticket)
      if (outcome.kind === 'retry') this.followUps.lookUpLater(ticket)
      if (outcome.kind !== 'refused' || tries === TRIES) return
      if (!this.day.isOn || this.#random() < 0.4) return
      if (outcome.balance !== undefined) await this.#wallet?.topUp(ticket.cents, outcome.balance)
      else if (outcome.hundredths !== undefined) seen = outcome.hundredths
      else return
    }
  }

  /** Sends a bet, sometimes by a double click, and retries while the outcome is unknown. */
  async #sendAndRetry(ticket: Ticket): Promise<Outcome> {
    const { tally } = this.day
    let outcome = await (this.#random() < 0.04
      ? this.#doubleClick(ticket)
      : sendBet(this.day, ticket))
    for (let attempt = 1; outcome.kind === 'retry' && attempt < this.#attempts; attempt++) {
      this.followUps.mayExist(ticket)
      await Bun.sleep(outcome.afterMs)
      if (this.day.interrupted) break
      tally.retries++
      outcome = await sendBet(this.day, ticket)
    }
    return outcome
  }

  async #doubleClick(ticket: Ticket): Promise<Outcome> {
    const outcomes = await Promise.all([sendBet(this.day, ticket), sendBet(this.day, ticket)])
    const [first, second] = outcomes
    if (first.kind === 'accepted' && second.kind === 'accepted') this.day.tally.doubleClicks++
    const order = ['accepted', 'retry', 'refused']
    return order.indexOf(first.kind) <= order.indexOf(second.kind) ? first : second
  }

  #ticket(book: Ticket['book'], seen: number): Ticket {
    const blind = this.#acceptOdds === 'any' && this.#random() < 0.5
    return {
      book,
      client: this.#client,
      account: this.#wallet?.account,
      key: `${this.#keySpace}.${this.#bets++}`,
      cents: this.#stakeCents(),
      seen: blind ? undefined : seen,
      acceptOdds: this.#acceptOdds,
      sentAtMs: 0,
      floor: 0,
      acceptedAtMs: 0,
      wasFirst: false,
      accepted: undefined,
      dueCents: 0,
    }
  }

  /** Mostly a few euros, sometimes thousands, occasionally a single cent. */
  #stakeCents(): number {
    const chance = this.#random()
    if (chance < 0.005) return 1
    return Math.round(
      between(this.#random, 50, 2_000) * (chance > 0.995 ? 100 : chance > 0.9 ? 10 : 1),
    )
  }
}
