/**
 * Money arrives as exact decimal text and stays text or BigInt. Only lengths on the screen are
 * floating-point numbers.
 */
export const toCents = (money) => BigInt(money.replace('.', ''))

/** Formats cents with two decimals and thousands separators. */
export function fromCents(cents) {
  const sign = cents < 0n ? '−' : ''
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0')
  return `${sign}${digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')}.${digits.slice(-2)}`
}

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** The same for narrow places: "12.3M" from ten million on. */
export function compact(cents) {
  const size = cents < 0n ? -cents : cents
  if (size < 1_000_000_000n) return fromCents(cents)
  return `${cents < 0n ? '−' : ''}${COMPACT.format(Number(size / 100n))}`
}

export const money = (text) => fromCents(toCents(text))

/** Adds a plus sign to positive amounts. */
export const withSign = (cents, format = fromCents) =>
  cents > 0n ? `+${format(cents)}` : format(cents)

const STAKE = /^(0|[1-9]\d*)(\.\d{1,2})?$/

/** Parses a typed stake to cents; undefined when it is invalid. */
export function readStake(text) {
  const plain = text.trim().replace(',', '.')
  if (!STAKE.test(plain)) return undefined
  const [whole, fraction = ''] = plain.split('.')
  const cents = BigInt(whole + fraction.padEnd(2, '0'))
  return cents > 0n && cents <= 9_999_999_999n ? cents : undefined
}

const UNITS = [
  [86_400, 'd', 3_600, 'h'],
  [3_600, 'h', 60, 'min'],
  [60, 'min', 1, 's'],
]

/** Formats a duration in two units: "2 h 13 min". */
export function duration(seconds) {
  if (seconds > 365 * 86_400) return 'over a year'
  for (const [size, name, smallerSize, smallerName] of UNITS)
    if (seconds >= size) {
      const rest = Math.floor((seconds % size) / smallerSize)
      return `${Math.floor(seconds / size)} ${name} ${rest} ${smallerName}`
    }
  return `${Math.max(0, Math.floor(seconds))} s`
}

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** A timestamp as the local time of day. */
export const clock = (time) => CLOCK.format(new Date(time))

const CLOSED = {
  ended: 'it has ended',
  suspended: 'it is suspended',
  deadline_passed: 'its deadline has passed',
}
const REFUSED = {
  EVENT_NOT_OPEN: ({ reason }) => `Betting on this event is closed: ${CLOSED[reason]}.`,
  ODDS_CHANGED: ({ coefficient }) =>
    `The odds have changed to ${coefficient}. Press again to bet at these odds.`,
  FEED_DOWN: () => 'Betting is closed because event data is out of date. Try again in a moment.',
  EVENT_NOT_FOUND: () => 'This event does not exist.',
  LINE_UNAVAILABLE: () => 'Event data is unavailable. Try again in a moment.',
  OVERLOADED: () => 'The service is overloaded. Try again in a moment.',
  RATE_LIMITED: () => 'You are placing bets too quickly. Try again in a moment.',
  UNAUTHORIZED: () => 'Enter your access token and place the bet again.',
}

/**
 * Explains in plain words why a bet was refused. For a problem code unknown to this page it falls
 * back to the problem's own detail.
 */
export function refusalText(problem) {
  const explain = REFUSED[problem.code]
  const reason = explain?.(problem) ?? problem.detail ?? 'Something went wrong.'
  return `Bet not placed. ${reason}`
}

/** Shown when the outcome of a bet is unknown. Its idempotency key makes a retry safe. */
export const UNKNOWN =
  'No answer, so it is unknown whether your bet was placed. Press again: it is placed at most once.'
