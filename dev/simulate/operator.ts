import { answerTo, type Change, inDecimals, type Version } from '../model/model.ts'
import { codeOf, outcomeUnknown, retryAfterMs } from '../traffic/client.ts'
import type { ShownEvent } from '../traffic/shown.ts'
import type { Day } from './day.ts'
import type { EventBook } from './event-book.ts'
import type { EventPlan } from './plan.ts'

/**
 * A service abandons a request within three seconds. Until then, a change without an answer may
 * still be made.
 */
export const LATE_MS = 4_000

/** Makes the planned changes. Changes that fall due during an outage follow in order. */
export async function operate(day: Day): Promise<void> {
  await Promise.all(
    day.plans.map((plan, event) => follow(day, plan, day.books[event] as EventBook)),
  )
}

async function follow(day: Day, plan: EventPlan, book: EventBook): Promise<void> {
  for (const { atMs, change } of plan.steps) {
    await Bun.sleep(Math.max(0, atMs - day.elapsedMs))
    if (!(await make(day, book, change))) return
  }
}

/** Makes a change, with retries. False when the time is up or the answer is wrong. */
async function make(day: Day, book: EventBook, change: Change): Promise<boolean> {
  const { wire, options, findings } = day
  const was = book.latest
  const expected = answerTo(was === undefined ? { ...change, deadlineAhead: true } : change, was)
  if (expected.kind === 'refused')
    throw new Error(`the plan has a change that must be refused: ${expected.code}`)
  if (expected.kind !== 'kept') book.coming = expected.event
  let lostAtMs: number | undefined
  while (day.mayWait) {
    const { answer, sentAtMs } = await wire.send('PUT', `${options.lineUrl}/event`, {
      token: options.operatorToken,
      body: toBody(book, change, was === undefined),
    })
    if (answer === undefined || outcomeUnknown(answer) || answer.status === 429) {
      if (answer?.status !== 429) lostAtMs = performance.now()
      if (answer?.status === 500)
        findings.add(`PUT /event of ${book.id} was answered 500 ${codeOf(answer)}`)
      await Bun.sleep(retryAfterMs(answer))
      continue
    }
    const shown = answer.body as ShownEvent
    const version = was === undefined ? shown.version : expected.event.version
    const known = { ...expected.event, version, sentAtMs, answeredAtMs: performance.now() }
    book.coming = undefined
    if (answer.status >= 300 || !isShown(known, book, shown)) {
      const wanted = `${inDecimals(known.coefficient)} ${known.state} version ${version}`
      findings.add(
        `${book.id} should be ${wanted}, ` +
          `PUT /event answered ${answer.status} ${JSON.stringify(shown)}`,
      )
      return false
    }
    if (expected.kind !== 'kept') note(day, book, known, was)
    // An attempt without an answer may still arrive: it must not overwrite the next change.
    if (lostAtMs !== undefined) await Bun.sleep(Math.max(0, lostAtMs + LATE_MS - performance.now()))
    return true
  }
  if (!day.interrupted)
    findings.add(
      `a change of ${book.id} was not answered: ${JSON.stringify(toBody(book, change, false))}`,
    )
  return false
}

function note(
  { tally }: Day,
  book: EventBook,
  known: EventBook['versions'][0],
  was: Version | undefined,
): void {
  book.versions.push(known)
  tally.changed++
  if (was !== undefined && was.state !== 'NEW' && was.state !== known.state) tally.corrections++
}

function toBody(
  { id, deadline }: EventBook,
  { coefficient, ...rest }: Change,
  isNew: boolean,
): object {
  return {
    event_id: id,
    ...(coefficient !== undefined && { coefficient: inDecimals(coefficient) }),
    ...(isNew && { deadline }),
    ...rest,
  }
}

/** Whether the shown event is exactly this version. */
export function isShown(at: Version, { id, deadline }: EventBook, shown: ShownEvent): boolean {
  return (
    shown.event_id === id &&
    shown.coefficient === inDecimals(at.coefficient) &&
    shown.deadline === deadline &&
    shown.state === at.state &&
    shown.suspended === at.suspended &&
    shown.version === at.version &&
    shown.reason === at.reason
  )
}
