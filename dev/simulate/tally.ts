/** Times are counted in classes, each 10 % wider than the one before. */
const CLASS_RATIO = 1.1
const SHORTEST_MS = 0.05

/** Counts times without storing them. Quantiles are exact to 10 %. */
export class Latencies {
  readonly #classes = new Map<number, number>()
  #count = 0
  worstMs = 0

  add(ms: number): void {
    const number = Math.max(0, Math.ceil(Math.log(ms / SHORTEST_MS) / Math.log(CLASS_RATIO)))
    this.#classes.set(number, (this.#classes.get(number) ?? 0) + 1)
    this.#count++
    this.worstMs = Math.max(this.worstMs, ms)
  }

  /** The time that a share of all did not exceed; 0 when there are none. */
  quantileMs(share: number): number {
    let left = share * this.#count
    for (const number of [...this.#classes.keys()].sort((a, b) => a - b)) {
      left -= this.#classes.get(number) ?? 0
      if (left <= 0) return Math.min(this.worstMs, SHORTEST_MS * CLASS_RATIO ** number)
    }
    return this.worstMs
  }
}

/** Measures outages: from the last answer before a failure to the next answer. */
export class Outages {
  #answeredAtMs = performance.now()
  #failedSince = false
  count = 0
  longestMs = 0

  answered(nowMs = performance.now()): void {
    if (this.#failedSince) {
      this.count++
      this.longestMs = Math.max(this.longestMs, nowMs - this.#answeredAtMs)
    }
    this.#failedSince = false
    this.#answeredAtMs = nowMs
  }

  failed(): void {
    this.#failedSince = true
  }

  /** The length of the current outage; 0 when there is none. */
  nowMs(nowMs = performance.now()): number {
    return this.#failedSince ? nowMs - this.#answeredAtMs : 0
  }
}

/** Counts and times so far, for display. */
export class Tally {
  /** The number of answers of each kind, such as `409 ODDS_CHANGED`. */
  readonly answers = new Map<string, number>()
  readonly bets = new Latencies()
  readonly changes = new Latencies()
  readonly transfers = new Latencies()
  readonly outages = { bets: new Outages(), changes: new Outages() }
  accepted = 0
  turnoverCents = 0n
  deposits = 0
  depositedCents = 0n
  withdrawals = 0
  withdrawnCents = 0n
  /** Bets that were refused because their account held too little. */
  broke = 0
  /** Deposits made after such a refusal. */
  topUps = 0
  refused = 0
  retries = 0
  repeats = 0
  doubleClicks = 0
  /** Bets whose outcome was unknown when the bettor gave up, looked up later. */
  unknown = 0
  /** Bets placed at the new coefficient after it had changed. */
  atNewCoefficient = 0
  changed = 0
  corrections = 0
  feedAgeMs: number | null | undefined

  count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1)
  }
}
