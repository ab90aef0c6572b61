const DEFAULTS = {
  events: 300,
  bettors: 2_000,
  seconds: 60,
  patience: 60,
  'feed-max-age': 20,
} as const
const LIMITS: Record<keyof typeof DEFAULTS | 'seed', readonly [number, number]> = {
  events: [1, 20_000],
  bettors: [1, 50_000],
  seconds: [1, 86_400],
  patience: [1, 86_400],
  'feed-max-age': [1, 3_600],
  seed: [0, 2 ** 32 - 1],
}

export const HELP = `usage: bun run simulate [--OPTION VALUE …]

Simulates a match day against running services, by their URLs only. Coefficients move; bettors bet,
double-click, retry and give up; events are suspended, end and are corrected. Most bettors have an
account: they deposit, go broke, top up and withdraw. At the end, all bets, accounts and statements
are read back and every cent is reconciled with the answers.

  --line URL            line-provider (default: LINE_URL, or http://127.0.0.1:8100)
  --bets URL            bet-maker (default: BETS_URL, or http://127.0.0.1:8080)
  --operator-token T    the token for changing the line (default: the first of OPERATOR_TOKENS,
                        which has line-provider's format name:token,…)
  --client-token T,…    one token per client; each client must see only its own bets (default: one
                        token per name in CLIENT_TOKENS, which has bet-maker's format name:token,…)
  --events N            number of events (default: ${DEFAULTS.events})
  --bettors N           number of bettors; each bets about every two seconds
                        (default: ${DEFAULTS.bettors})
  --seconds N           length of the match day (default: ${DEFAULTS.seconds})
  --seed N              seed of the plan (default: random; it is printed)
  --patience N          seconds that answers and settlements may take after the match day
                        (default: ${DEFAULTS.patience})
  --feed-max-age N      bet-maker's FEED_MAX_AGE_MS in seconds: the age of the feed beyond which
                        bets are refused (default: ${DEFAULTS['feed-max-age']})

The same seed, events and seconds give the same changes of the line and the same bettors. Which
coefficients they see and which answers they get also depend on timing. Event ids begin with the id
of the run, so runs do not interfere. Pass tokens in the environment to keep them out of the list of
processes.

Exit codes: 0 every cent is accounted for, 1 mismatches, 2 could not start, 130 after Ctrl-C
`

export interface Options {
  lineUrl: string
  betsUrl: string
  operatorToken: string | undefined
  /** One per client. A single `undefined` means no tokens, and therefore one client. */
  clientTokens: readonly (string | undefined)[]
  events: number
  bettors: number
  seconds: number
  seed: number
  patienceMs: number
  feedMaxAgeMs: number
}

/** A mistake in the command, described in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** The command line's options, then the environment's. Undefined for help; throws `UsageError`. */
export function readOptions(
  words: readonly string[],
  env: Environment,
  anySeed: number,
): Options | undefined {
  if (words.some((word) => word === '--help' || word === '-h')) return undefined
  const given = readWords(words)
  const count = (name: keyof typeof LIMITS, fallback: number): number => {
    const value = given.get(name) ?? String(fallback)
    const [low, high] = LIMITS[name]
    if (!/^\d{1,10}$/.test(value) || Number(value) < low || Number(value) > high)
      throw new UsageError(`--${name} must be a whole number from ${low} to ${high}`)
    return Number(value)
  }
  const clients = given.get('client-token')?.split(',') ?? tokensOf(env.CLIENT_TOKENS)
  return {
    lineUrl: urlOf('--line', given.get('line') || env.LINE_URL || 'http://127.0.0.1:8100'),
    betsUrl: urlOf('--bets', given.get('bets') || env.BETS_URL || 'http://127.0.0.1:8080'),
    operatorToken: given.get('operator-token') ?? tokensOf(env.OPERATOR_TOKENS)[0],
    clientTokens: clients.length === 0 ? [undefined] : clients,
    events: count('events', DEFAULTS.events),
    bettors: count('bettors', DEFAULTS.bettors),
    seconds: count('seconds', DEFAULTS.seconds),
    seed: count('seed', anySeed),
    patienceMs: count('patience', DEFAULTS.patience) * 1_000,
    feedMaxAgeMs: count('feed-max-age', DEFAULTS['feed-max-age']) * 1_000,
  }
}

function readWords(words: readonly string[]): Map<string, string> {
  const names = ['line', 'bets', 'operator-token', 'client-token', ...Object.keys(LIMITS)]
  const given = new Map<string, string>()
  const rest = words.flatMap((word) => /^(--[a-z-]+)=(.*)$/.exec(word)?.slice(1) ?? [word])
  for (let at = 0; at < rest.length; at += 2) {
    const name = rest[at]?.replace(/^--/, '') ?? ''
    const value = rest[at + 1]
    if (!names.includes(name) || rest[at] === name)
      throw new UsageError(`unknown option ${rest[at]}`)
    if (value === undefined || value === '') throw new UsageError(`--${name} needs a value`)
    given.set(name, value)
  }
  return given
}

function urlOf(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UsageError(`${name} must be an http(s) URL`)
  return text.replace(/\/+$/, '')
}

/** One token per name in `name:token,name:token`. */
function tokensOf(setting: string | undefined): string[] {
  const tokens = new Map<string, string>()
  for (const entry of setting?.split(',') ?? []) {
    const colon = entry.indexOf(':')
    if (colon > 0) tokens.set(entry.slice(0, colon), entry.slice(colon + 1))
  }
  return [...tokens.values()]
}
