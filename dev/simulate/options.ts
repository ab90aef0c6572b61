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

A match day against running services, by their URLs only: prices walk, bettors bet, click twice, try again and give up, events are
suspended, end, and are corrected. At the end every cent is reconciled with what was answered.

  --line URL            line-provider (LINE_URL; http://127.0.0.1:8100)
  --bets URL            bet-maker (BETS_URL; http://127.0.0.1:8080)
  --operator-token T    changes the line (or OPERATOR_TOKENS, as line-provider takes it: name:token,…; its first is used)
  --client-token T,…    a token for each of one or more clients, who must see only their own bets
                        (or CLIENT_TOKENS, as bet-maker takes it: name:token,…; one token of each name is used)
  --events N            ${DEFAULTS.events}
  --bettors N           ${DEFAULTS.bettors}; each bets about once in two seconds
  --seconds N           how long the day is: ${DEFAULTS.seconds}
  --seed N              any by default; it is shown
  --patience N          how many seconds after the day answers and settlements may take: ${DEFAULTS.patience}
  --feed-max-age N      how old what bet-maker knows of the line may be, in seconds, as FEED_MAX_AGE_MS says: ${DEFAULTS['feed-max-age']}

The same seed, events and seconds give the same line; the same bettor meets it in the same mood. Which price a bettor finds, and
what is answered, is also the machine's doing. Event ids begin with an id of the run, so that runs don't meet.
Tokens in the environment are not seen by others who list this machine's processes.

exits 0 when every cent is accounted for, 1 when anything is off, 2 when it could not begin, 130 after Ctrl-C
`

export interface Options {
  lineUrl: string
  betsUrl: string
  operatorToken: string | undefined
  /** One for each client; undefined: there are no tokens, and so one client. */
  clientTokens: readonly (string | undefined)[]
  events: number
  bettors: number
  seconds: number
  seed: number
  patienceMs: number
  feedMaxAgeMs: number
}

/** What is wrong with the command, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the command line, then the environment. Undefined when help is asked for; throws
 * `UsageError`.
 */
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
      throw new UsageError(`there is no option ${rest[at]}`)
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

/** One token of each name in `name:token,name:token`. */
function tokensOf(setting: string | undefined): string[] {
  const tokens = new Map<string, string>()
  for (const entry of setting?.split(',') ?? []) {
    const colon = entry.indexOf(':')
    if (colon > 0) tokens.set(entry.slice(0, colon), entry.slice(colon + 1))
  }
  return [...tokens.values()]
}
