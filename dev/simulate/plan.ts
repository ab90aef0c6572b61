import type { Change, State } from '../model/model.ts'
import { between, pause, pick, type Random, randomOf } from './random.ts'

interface Step {
  /** Since the beginning of the day. */
  atMs: number
  change: Change
}

/** The planned changes of an event, from its creation to its last result. */
export interface EventPlan {
  /** Its deadline for bets, if that lies within the day. */
  kickOffMs: number | undefined
  steps: readonly Step[]
}

export interface DayOptions {
  seed: number
  events: number
  seconds: number
}

/** What happens to ended events, in rotation: mostly nothing. */
const SEQUELS = [
  'none',
  'corrected',
  'none',
  'reopened',
  'none',
  'none',
  'corrected',
  'none',
  'postponed',
  'none',
] as const
const CALLED_OFF = 0.06
/** The share of the stakes that the house wins on average. */
const MARGIN = 0.06
const CORRECTIONS = [
  'goal disallowed',
  'wrong team entered',
  'result corrected: “2 : 1”',
  'abandoned, rain',
]
const SUSPENSIONS = ['a penalty', 'a red card', 'video review']
const LOWEST_HUNDREDTHS = 101
const HIGHEST_HUNDREDTHS = 9_999
const OUTSIDER_HUNDREDTHS = 300
/** The average time between changes of a coefficient. */
const CHANGE_EVERY_MS = 4_000
/** The share of events open from the beginning; the others open during the day. */
const OPEN_AT_FIRST = 0.7

/** The changes of a match day, determined by its options. */
export function planMatchDay({ seed, events, seconds }: DayOptions): EventPlan[] {
  return Array.from({ length: events }, (_, event) =>
    planEvent(randomOf(seed, 'event', event), event, seconds * 1_000),
  )
}

function planEvent(random: Random, event: number, dayMs: number): EventPlan {
  const openMs = random() < OPEN_AT_FIRST ? 0 : between(random, 0, 0.6) * dayMs
  const endMs = openMs + between(random, 0.3, 0.9) * (0.9 * dayMs - openMs)
  const line = { hundredths: Math.round(100 * between(random, 1.05, 4) ** between(random, 1, 2)) }
  const first = BigInt(line.hundredths)
  const open = planOpenTime(random, openMs, endMs, line)
  const result = resultOf(random, line.hundredths)
  return {
    kickOffMs: event % 4 === 1 ? between(random, 0.5, 0.9) * (endMs - openMs) + openMs : undefined,
    steps: [
      { atMs: openMs, change: { coefficient: first } },
      ...open,
      { atMs: endMs, change: { state: result } },
      ...planSequel(random, event, result, [endMs, dayMs], line),
    ],
  }
}

/** Changes of the coefficient, with occasional suspensions. */
function planOpenTime(
  random: Random,
  fromMs: number,
  toMs: number,
  line: { hundredths: number },
): Step[] {
  const steps: Step[] = []
  for (
    let atMs = fromMs + pause(random, CHANGE_EVERY_MS);
    atMs < toMs;
    atMs += pause(random, CHANGE_EVERY_MS)
  )
    if (random() < 0.08) {
      const untilMs = atMs + between(random, 0.1, 0.5) * (toMs - atMs)
      steps.push({ atMs, change: { suspended: true, reason: pick(random, SUSPENSIONS) } })
      steps.push({ atMs: untilMs, change: { suspended: false } })
      atMs = untilMs
    } else {
      line.hundredths = moved(random, line.hundredths)
      steps.push({ atMs, change: { coefficient: BigInt(line.hundredths) } })
    }
  return steps
}

function moved(random: Random, hundredths: number): number {
  const next = Math.round(hundredths * between(random, 0.92, 1.09))
  return Math.min(HIGHEST_HUNDREDTHS, Math.max(LOWEST_HUNDREDTHS, next))
}

/** A coefficient of 4.00 wins slightly less than once in four times. */
function resultOf(random: Random, hundredths: number): State {
  if (random() < CALLED_OFF) return 'CANCELLED'
  return random() < ((1 - MARGIN) * 100) / hundredths ? 'FINISHED_WIN' : 'FINISHED_LOSE'
}

/** The corrected result. An outsider's defeat is cancelled, not turned into a win. */
function corrected(result: State, hundredths: number): State {
  if (result !== 'FINISHED_LOSE') return 'FINISHED_LOSE'
  return hundredths < OUTSIDER_HUNDREDTHS ? 'FINISHED_WIN' : 'CANCELLED'
}

function planSequel(
  random: Random,
  event: number,
  result: State,
  [endMs, dayMs]: readonly [number, number],
  line: { hundredths: number },
): Step[] {
  const sequel = SEQUELS[event % SEQUELS.length]
  if (sequel === 'none') return []
  const atMs = endMs + between(random, 0.1, 0.5) * (dayMs - endMs)
  const reason = pick(random, CORRECTIONS)
  const other = corrected(result, line.hundredths)
  if (sequel === 'corrected') return [{ atMs, change: { state: other, reason } }]
  const back: Step = { atMs, change: { state: 'NEW', reason } }
  // Its bets stay pending, and it takes no more.
  if (sequel === 'postponed')
    return [back, { atMs, change: { suspended: true, reason: 'another day' } }]
  const againMs = atMs + between(random, 0.4, 0.9) * (dayMs - atMs)
  return [
    back,
    ...planOpenTime(random, atMs, againMs, line),
    { atMs: againMs, change: { state: other } },
  ]
}
