import { nameOf } from '../traffic/answered.ts'
import { type Answer, ask, codeOf, outcomeUnknown, type Sending } from '../traffic/client.ts'
import type { Tally } from './tally.ts'

/**
 * Together fewer than the connections that Bun opens, so that no request waits inside Bun, where
 * the wait would count as the service's latency. Bets have their own limit, or changes of the line
 * would queue behind thousands of bets.
 */
const MOST_BETS_IN_FLIGHT = 160
const MOST_OTHERS_IN_FLIGHT = 80

/** What a request is to the tally, apart from bets. */
const KINDS = { GET: 'reads', PUT: 'changes', POST: 'transfers' } as const

export type Reply = { answer: Answer | undefined; sentAtMs: number }

/** A concurrency limit; further requests wait in the order of their arrival. */
class Turnstile {
  readonly #waiting: (() => void)[] = []
  inside = 0

  constructor(private readonly most: number) {}

  async enter(): Promise<void> {
    if (this.inside < this.most) this.inside++
    else await new Promise<void>((enter) => this.#waiting.push(enter))
  }

  /** Hands the place to the next in the queue, if any. */
  leave(): void {
    const enter = this.#waiting.shift()
    if (enter === undefined) this.inside--
    else enter()
  }
}

/** Sends requests to the services with limited concurrency, and counts and times them. */
export class Wire {
  readonly #bets = new Turnstile(MOST_BETS_IN_FLIGHT)
  readonly #others = new Turnstile(MOST_OTHERS_IN_FLIGHT)

  constructor(private readonly tally: Tally) {}

  get inFlight(): number {
    return this.#bets.inside + this.#others.inside
  }

  /** `answer` is undefined when there was none: the outcome is then unknown. */
  async send(
    method: 'GET' | 'PUT' | 'POST',
    url: string,
    { token, ...sending }: Sending & { token?: string | undefined } = {},
  ): Promise<Reply> {
    const kind = method === 'POST' && url.endsWith('/bet') ? 'bets' : KINDS[method]
    const turnstile = kind === 'bets' ? this.#bets : this.#others
    await turnstile.enter()
    const sentAtMs = performance.now()
    try {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const answer = await ask(method, url, { headers, keepalive: true, ...sending })
      if (kind !== 'reads') this.#count(kind, answer, performance.now() - sentAtMs)
      return { answer, sentAtMs }
    } finally {
      turnstile.leave()
    }
  }

  #count(kind: 'bets' | 'changes' | 'transfers', answer: Answer | undefined, ms: number): void {
    this.tally.count(nameOf({ status: answer?.status ?? 0, code: codeOf(answer) }))
    this.tally[kind].add(ms)
    if (kind === 'transfers') return
    const outage = this.tally.outages[kind]
    if (outcomeUnknown(answer)) outage.failed()
    else outage.answered()
  }
}
