/**
 * Money comes as exact decimal text and stays text or BigInt: nothing here is ever a floating
 * number but a length.
 */
export const toCents = (money) => BigInt(money.replace('.', ''))

/** Cents as text with two decimals and groups of three. */
export function fromCents(cents) {
  const sign = cents < 0n ? '−' : ''
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0')
  return `${sign}${digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')}.${digits.slice(-2)}`
}

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** The same, short where there is no room: from ten millions on, 12.3M. */
export function short(cents) {
  const size = cents < 0n ? -cents : cents
  if (size < 1_000_000_000n) return fromCents(cents)
  return `${cents < 0n ? '−' : ''}${COMPACT.format(Number(size / 100n))}`
}

export const money = (text) => fromCents(toCents(text))

/** With a plus where it is one. */
export const signed = (cents, write = fromCents) => (cents > 0n ? `+${write(cents)}` : write(cents))

const STAKE = /^(0|[1-9]\d*)(\.\d{1,2})?$/

/** A stake as somebody types it, in cents; undefined when it is none. */
export function readStake(text) {
  const plain = text.trim().replace(',', '.')
  if (!STAKE.test(plain)) return undefined
  const [whole, fraction = ''] = plain.split('.')
  const cents = BigInt(whole + fraction.padEnd(2, '0'))
  return cents > 0n && cents <= 9_999_999_999n ? cents : undefined
}

/** What a stake pays at a price, rounded half up as the service does, in cents. */
export const payoutOf = (stakeCents, coefficient) =>
  (stakeCents * toCents(coefficient) + 50n) / 100n

const UNITS = [
  [86_400, 'd', 3_600, 'h'],
  [3_600, 'h', 60, 'min'],
  [60, 'min', 1, 's'],
]

/** How long until, in two units: "2 h 13 min". */
export function span(seconds) {
  if (seconds > 365 * 86_400) return 'over a year'
  for (const [size, name, smaller, smallerName] of UNITS)
    if (seconds >= size)
      return `${Math.floor(seconds / size)} ${name} ${Math.floor((seconds % size) / smaller)} ${smallerName}`
  return `${Math.max(0, Math.floor(seconds))} s`
}

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** A time of the service's as the clock on the wall shows it. */
export const clock = (time) => CLOCK.format(new Date(time))

const CLOSED = {
  ended: 'it has ended',
  suspended: 'it is suspended just now',
  deadline_passed: 'its time for bets is over',
}
const REFUSED = {
  EVENT_NOT_OPEN: ({ reason }) => `This event takes no bets: ${CLOSED[reason]}.`,
  ODDS_CHANGED: ({ coefficient }) =>
    `The price has moved to ${coefficient}. Press again to bet at that price.`,
  FEED_DOWN: () =>
    'The service has not heard of the line for too long, so it takes no bets just now.',
  EVENT_NOT_FOUND: () => 'There is no such event any more.',
  LINE_UNAVAILABLE: () => 'The line cannot be asked just now. Try again in a moment.',
  OVERLOADED: () => 'Too many bets are waiting. Try again in a moment.',
  RATE_LIMITED: () => 'You have sent too many bets at once. Try again in a moment.',
  UNAUTHORIZED: () => 'Enter the token that you were given, and place the bet again.',
}

/**
 * Why a bet was not taken, in plain words, from the problem document; what is missing there is said
 * as it is.
 */
export function whyRefused(problem) {
  const words = REFUSED[problem.code]
  return `Not taken. ${words === undefined ? (problem.detail ?? 'Something went wrong.') : words(problem)}`
}

/** When nobody knows whether a bet was taken: its key makes the second try safe. */
export const UNKNOWN =
  'No answer, so whether it was taken is not known. Press again: it is taken once at most.'
