import { type Answer, ask, codeOf } from '../model/real/http.ts'
import type { Outages, Tally } from './tally.ts'

/**
 * Fewer, all together, than the connections that Bun opens, so that none waits where its time would
 * count as the service's. Bets have their own, or the line and its prices would stand still behind
 * thousands who bet.
 */
const MOST_BETS_IN_FLIGHT = 160
const MOST_OTHERS_IN_FLIGHT = 80
const DEFAULT_RETRY_MS = 300
const LONGEST_RETRY_MS = 5_000
/** Those who were turned away together don't come back together. */
const SPREAD_MS = 250

export type Reply = { answer: Answer | undefined; sentAtMs: number }

/** Lets so many in and no more; the others wait in the order in which they came. */
class Turnstile {
  readonly #waiting: (() => void)[] = []
  inside = 0

  constructor(private readonly most: number) {}

  async enter(): Promise<void> {
    if (this.inside < this.most) this.inside++
    else await new Promise<void>((enter) => this.#waiting.push(enter))
  }

  /** Whoever waits takes the place of the one who leaves. */
  leave(): void {
    const enter = this.#waiting.shift()
    if (enter === undefined) this.inside--
    else enter()
  }
}

/** Requests to the services: so many at once and no more, each counted and timed. */
export class Wire {
  readonly #bets = new Turnstile(MOST_BETS_IN_FLIGHT)
  readonly #others = new Turnstile(MOST_OTHERS_IN_FLIGHT)

  constructor(private readonly tally: Tally) {}

  get inFlight(): number {
    return this.#bets.inside + this.#others.inside
  }

  /** `answer` is undefined when none came: what became of the request is then not known. */
  async send(
    method: 'GET' | 'PUT' | 'POST',
    url: string,
    { token, key, body }: { token?: string | undefined; key?: string; body?: object } = {},
  ): Promise<Reply> {
    const turnstile = method === 'POST' ? this.#bets : this.#others
    await turnstile.enter()
    const sentAtMs = performance.now()
    try {
      const answer = await ask(method, url, {
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        keepalive: true,
        ...(body && { body }),
      }).catch(() => undefined)
      this.#count(method, answer, performance.now() - sentAtMs)
      return { answer, sentAtMs }
    } finally {
      turnstile.leave()
    }
  }

  #count(method: string, answer: Answer | undefined, ms: number): void {
    if (method === 'GET') return
    const { bets, changes, outages } = this.tally
    this.tally.count(nameOf(answer))
    ;(method === 'POST' ? bets : changes).add(ms)
    const outage: Outages = method === 'POST' ? outages.bets : outages.changes
    if (outcomeUnknown(answer)) outage.failed()
    else outage.answered()
  }
}

function nameOf(answer: Answer | undefined): string {
  if (answer === undefined) return 'no answer'
  return answer.status < 300 ? String(answer.status) : `${answer.status} ${codeOf(answer)}`
}

/**
 * Whether the answer leaves open what was done. A 503 may, whatever its code: that is asked, not
 * guessed.
 */
export function outcomeUnknown(answer: Answer | undefined): boolean {
  return answer === undefined || answer.status >= 500
}

/**
 * How long to wait before the next attempt: what `Retry-After` says, and not all at the same
 * moment.
 */
export function retryAfterMs(answer: Answer | undefined): number {
  const seconds = Number(answer?.headers.get('retry-after') ?? Number.NaN)
  const askedMs = Number.isFinite(seconds) ? seconds * 1_000 : DEFAULT_RETRY_MS
  return Math.min(askedMs, LONGEST_RETRY_MS) + Math.random() * SPREAD_MS
}
