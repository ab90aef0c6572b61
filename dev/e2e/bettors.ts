import { send } from './system.ts'

/** Longer than any answer may take: what has not come by then will not come. */
const GIVEN_UP_MS = 15_000
const AFTER_REFUSAL_MS = 20

export interface Answer {
  /** When it was asked for, by `performance.now()`. */
  askedAtMs: number
  ms: number
  /** 0 when the connection ended without an answer. */
  status: number
  code: string | undefined
}

interface BettorsOptions {
  /** The APIs, which the bettors go round. */
  urls: readonly string[]
  bettors: number
  bet(bettor: number, number: number): object
  /** Sent beside the key. */
  headers?: Record<string, string>
  /** How long a bettor rests after each bet, in milliseconds. */
  restMs?: number
}

/**
 * Bettors that place bets, each with a key of its own that it sends again until it knows the
 * outcome, until told to stop. A bet that is refused with 409 is left alone.
 */
export function startBettors({ urls, bettors, bet, headers = {}, restMs = 0 }: BettorsOptions) {
  const accepted = new Map<string, number>()
  const answers: Answer[] = []
  const run = crypto.randomUUID().slice(0, 8)
  let stopped = false

  const ask = async (url: string, key: string, body: object): Promise<boolean> => {
    const askedAtMs = performance.now()
    const answer = await Promise.race([
      send('POST', `${url}/bet`, body, { ...headers, 'idempotency-key': key }).catch(() => ({
        status: 0,
        body: {},
      })),
      Bun.sleep(GIVEN_UP_MS).then(() => ({ status: -1, body: {} })),
    ])
    const { status, body: shown } = answer as { status: number; body: Record<string, unknown> }
    const code = shown.code === undefined ? undefined : String(shown.code)
    answers.push({ askedAtMs, ms: performance.now() - askedAtMs, status, code })
    if (status === 200 || status === 201) accepted.set(key, Number(shown.id))
    return status === 200 || status === 201 || status === 409
  }

  const running = Array.from({ length: bettors }, async (_, bettor) => {
    for (let number = 0; !stopped; number++) {
      const key = `${run}-${bettor}-${number}`
      const body = bet(bettor, number)
      for (let attempt = 0; attempt < 1_000; attempt++) {
        if (await ask(urls[(bettor + attempt) % urls.length] as string, key, body)) break
        await Bun.sleep(AFTER_REFUSAL_MS)
      }
      if (restMs > 0) await Bun.sleep(restMs)
    }
  })
  return {
    accepted,
    answers,
    /** Resolves when every bettor knows what became of its last bet. */
    async stop(): Promise<void> {
      stopped = true
      await Promise.all(running)
    },
  }
}

/** The longest answer, in whole milliseconds, and how many there were of each status (and code). */
export function summarise(answers: readonly Answer[]): {
  longestMs: number
  counts: Record<string, number>
} {
  const counts: Record<string, number> = {}
  for (const { status, code } of answers) {
    const name = code === undefined ? String(status) : `${status} ${code}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return { longestMs: Math.round(Math.max(0, ...answers.map(({ ms }) => ms))), counts }
}
