import type { Change, State } from '../model/model.ts'
import { between, pause, pick, type Random, randomOf } from './random.ts'

interface Step {
  /** Since the day began. */
  atMs: number
  change: Change
}

/** An event's day, from being created to its last result. */
export interface EventPlan {
  /** When its deadline for bets is, if that lies within the day. */
  kickOffMs: number | undefined
  steps: readonly Step[]
}

export interface DayOptions {
  seed: number
  events: number
  seconds: number
}

/** What becomes of an event once it has ended, by turns: mostly nothing. */
const SEQUELS = [
  'none',
  'moved',
  'none',
  'reopened',
  'none',
  'none',
  'moved',
  'none',
  'postponed',
  'none',
] as const
const CALLED_OFF = 0.06
/** What the house keeps of what is staked, on average. */
const MARGIN = 0.06
const CORRECTIONS = [
  'goal disallowed',
  'wrong team entered',
  'result read again: “2 : 1”',
  'abandoned, rain',
]
const SUSPENSIONS = ['a penalty', 'a red card', 'the referee looks at the screen']
const LOWEST_PRICE = 101
const HIGHEST_PRICE = 9_999
const OUTSIDER_PRICE = 300
/** A price moves once in this time, on average. */
const PRICE_MOVES_MS = 4_000
/** Open from the beginning; the others come while the day goes on. */
const OPEN_AT_FIRST = 0.7

/** The line of a match day: the same for the same options. */
export function planMatchDay({ seed, events, seconds }: DayOptions): EventPlan[] {
  return Array.from({ length: events }, (_, event) =>
    planEvent(randomOf(seed, 'event', event), event, seconds * 1_000),
  )
}

function planEvent(random: Random, event: number, dayMs: number): EventPlan {
  const openMs = random() < OPEN_AT_FIRST ? 0 : between(random, 0, 0.6) * dayMs
  const endMs = openMs + between(random, 0.3, 0.9) * (0.9 * dayMs - openMs)
  const price = { hundredths: Math.round(100 * between(random, 1.05, 4) ** between(random, 1, 2)) }
  const firstPrice = BigInt(price.hundredths)
  const open = planOpenTime(random, openMs, endMs, price)
  const result = resultOf(random, price.hundredths)
  return {
    kickOffMs: event % 4 === 1 ? between(random, 0.5, 0.9) * (endMs - openMs) + openMs : undefined,
    steps: [
      { atMs: openMs, change: { coefficient: firstPrice } },
      ...open,
      { atMs: endMs, change: { state: result } },
      ...planSequel(random, event, result, [endMs, dayMs], price),
    ],
  }
}

/** Prices that walk, and now and then no bets for a while. */
function planOpenTime(
  random: Random,
  fromMs: number,
  toMs: number,
  price: { hundredths: number },
): Step[] {
  const steps: Step[] = []
  for (
    let atMs = fromMs + pause(random, PRICE_MOVES_MS);
    atMs < toMs;
    atMs += pause(random, PRICE_MOVES_MS)
  )
    if (random() < 0.08) {
      const untilMs = atMs + between(random, 0.1, 0.5) * (toMs - atMs)
      steps.push({ atMs, change: { suspended: true, reason: pick(random, SUSPENSIONS) } })
      steps.push({ atMs: untilMs, change: { suspended: false } })
      atMs = untilMs
    } else {
      price.hundredths = walked(random, price.hundredths)
      steps.push({ atMs, change: { coefficient: BigInt(price.hundredths) } })
    }
  return steps
}

function walked(random: Random, hundredths: number): number {
  const moved = Math.round(hundredths * between(random, 0.92, 1.09))
  return Math.min(HIGHEST_PRICE, Math.max(LOWEST_PRICE, moved))
}

/** A price of 4.00 wins one time in four, or a little less often. */
function resultOf(random: Random, hundredths: number): State {
  if (random() < CALLED_OFF) return 'CANCELLED'
  return random() < ((1 - MARGIN) * 100) / hundredths ? 'FINISHED_WIN' : 'FINISHED_LOSE'
}

/** An outsider's defeat does not often become a victory. */
function otherThan(result: State, hundredths: number): State {
  if (result !== 'FINISHED_LOSE') return 'FINISHED_LOSE'
  return hundredths < OUTSIDER_PRICE ? 'FINISHED_WIN' : 'CANCELLED'
}

function planSequel(
  random: Random,
  event: number,
  result: State,
  [endMs, dayMs]: readonly [number, number],
  price: { hundredths: number },
): Step[] {
  const sequel = SEQUELS[event % SEQUELS.length]
  if (sequel === 'none') return []
  const atMs = endMs + between(random, 0.1, 0.5) * (dayMs - endMs)
  const reason = pick(random, CORRECTIONS)
  const other = otherThan(result, price.hundredths)
  if (sequel === 'moved') return [{ atMs, change: { state: other, reason } }]
  const back: Step = { atMs, change: { state: 'NEW', reason } }
  // Bets on it stay pending, and no more come.
  if (sequel === 'postponed')
    return [back, { atMs, change: { suspended: true, reason: 'another day' } }]
  const againMs = atMs + between(random, 0.4, 0.9) * (dayMs - atMs)
  return [
    back,
    ...planOpenTime(random, atMs, againMs, price),
    { atMs: againMs, change: { state: other } },
  ]
}
