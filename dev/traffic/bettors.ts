import { type Answered, noted } from './answered.ts'
import { ask } from './client.ts'

const AFTER_REFUSAL_MS = 20
/** A bet refused because of its event or coefficient (409) is not retried. */
const FIRST = [201, 409]
const REPEATED = [200, ...FIRST]

interface BettorsOptions {
  /** The APIs. Each attempt uses the next one. */
  urls: readonly string[]
  bettors: number
  bet(bettor: number, number: number): object
  headers?: Record<string, string>
  /** Whether a proxy repeats unanswered requests, so that a first answer may be to a repeat. */
  proxied?: boolean
  /** How long a bettor rests after each bet, in milliseconds. */
  restMs?: number
}

/** Places bets until stopped. Each has its own key and is retried until its outcome is known. */
export function startBettors(options: BettorsOptions) {
  const { urls, bettors, bet, headers = {}, proxied = false, restMs = 0 } = options
  /** The ids of the accepted bets by their keys. */
  const accepted = new Map<string, number>()
  const answers: Answered[] = []
  const run = crypto.randomUUID().slice(0, 8)
  let stopped = false

  async function attemptBet(attempt: number, url: string, key: string, body: object) {
    const sending = { body, key, headers }
    const proper = attempt === 0 && !proxied ? FIRST : REPEATED
    const answer = await noted(answers, proper, () => ask('POST', `${url}/bet`, sending))
    if (answer === undefined || !REPEATED.includes(answer.status)) return false
    if (answer.status !== 409) accepted.set(key, Number((answer.body as { id: number }).id))
    return true
  }
  const running = Array.from({ length: bettors }, async (_, bettor) => {
    for (let number = 0; !stopped; number++) {
      const key = `${run}-${bettor}-${number}`
      const body = bet(bettor, number)
      for (let attempt = 0; attempt < 1_000; attempt++) {
        const url = urls[(bettor + attempt) % urls.length] as string
        if (await attemptBet(attempt, url, key, body)) break
        await Bun.sleep(AFTER_REFUSAL_MS)
      }
      if (restMs > 0) await Bun.sleep(restMs)
    }
  })
  return {
    accepted,
    answers,
    /** Resolves when the outcome of every bettor's last bet is known. */
    async stop(): Promise<void> {
      stopped = true
      await Promise.all(running)
    },
  }
}
