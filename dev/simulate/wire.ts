import { type Answer, ask, codeOf } from '../model/real/http.ts'
import type { Outages, Tally } from './tally.ts'

/** Fewer than the connections that Bun opens, so that none waits where its time would count as the service's. */
const MAX_IN_FLIGHT = 200
const DEFAULT_RETRY_MS = 300
const LONGEST_RETRY_MS = 5_000
/** Those who were turned away together don't come back together. */
const SPREAD_MS = 250

export type Reply = { answer: Answer | undefined; sentAtMs: number }

/** Requests to the services: so many at once and no more, each counted and timed. */
export class Wire {
  readonly #waiting: (() => void)[] = []
  #inFlight = 0

  constructor(private readonly tally: Tally) {}

  get inFlight(): number {
    return this.#inFlight
  }

  /** `answer` is undefined when none came: what became of the request is then not known. */
  async send(
    method: 'GET' | 'PUT' | 'POST',
    url: string,
    { token, key, body }: { token?: string | undefined; key?: string; body?: object } = {},
  ): Promise<Reply> {
    if (this.#inFlight >= MAX_IN_FLIGHT) await new Promise<void>((go) => this.#waiting.push(go))
    else this.#inFlight++
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
      const next = this.#waiting.shift()
      if (next === undefined) this.#inFlight--
      else next()
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

/** Whether the answer leaves open what was done. A 503 may, whatever its code: that is asked, not guessed. */
export function outcomeUnknown(answer: Answer | undefined): boolean {
  return answer === undefined || answer.status >= 500
}

/** How long to wait before the next attempt: what `Retry-After` says, and not all at the same moment. */
export function retryAfterMs(answer: Answer | undefined): number {
  const seconds = Number(answer?.headers.get('retry-after') ?? Number.NaN)
  const askedMs = Number.isFinite(seconds) ? seconds * 1_000 : DEFAULT_RETRY_MS
  return Math.min(askedMs, LONGEST_RETRY_MS) + Math.random() * SPREAD_MS
}
