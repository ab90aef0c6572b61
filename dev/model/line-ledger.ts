import { Coefficient } from '@bets/domain/coefficient'
import type { SportingEvent } from '@bets/domain/event'
import type { EventChange } from '@bets/line-provider/src/domain/event-change.ts'
import { must } from './bets-ledger.ts'
import { answerTo, type Change, type Version } from './model.ts'

const PAST = 1
const AHEAD = 4_102_444_800

export type PutAnswer =
  | { kind: 'event'; outcome: string; event: SportingEvent }
  | { kind: 'refused'; code: string }
  | { kind: 'unknown' }

/**
 * All versions of the events of a run by the model, which answers of the line are checked against.
 */
export class LineLedger {
  readonly versions: Version[][]

  constructor(
    events: number,
    private readonly runId: string,
  ) {
    this.versions = Array.from({ length: events }, () => [])
  }

  idOf(event: number): string {
    return `${this.runId}.${event}`
  }

  latest(event: number): Version | undefined {
    return this.of(event).at(-1)
  }

  of(event: number): Version[] {
    return this.versions[event] ?? []
  }

  /** The current version of each event; 0: it does not exist. */
  now(): number[] {
    return this.versions.map((versions) => versions.at(-1)?.version ?? 0)
  }

  /** Applies the answer to a change to the model; throws if the model does not allow it. */
  judge(event: number, change: Change, answer: PutAnswer): void {
    const expected = answerTo(change, this.latest(event))
    const about = { change, was: this.latest(event), answer, expected }
    if (answer.kind === 'refused') {
      must(expected.kind === 'refused' && expected.code === answer.code, 'a wrong refusal', about)
      return
    }
    must(answer.kind === 'event' && expected.kind === answer.outcome, 'a wrong outcome', about)
    must(
      expected.kind !== 'refused' && isShown(expected.event, answer.event),
      'a wrong event',
      about,
    )
    if (expected.kind !== 'kept') this.of(event).push(expected.event)
  }

  /**
   * Applies what the line shows after a change without an answer: either it was made correctly or
   * not at all.
   */
  recover(event: number, change: Change, shown: SportingEvent | undefined): void {
    const was = this.latest(event)
    must(shown !== undefined || was === undefined, 'an event is gone', was)
    if (shown === undefined || (was !== undefined && isShown(was, shown))) return
    this.judge(event, change, { kind: 'event', outcome: answerTo(change, was).kind, event: shown })
  }

  toEventChange(event: number, { coefficient, deadlineAhead, ...rest }: Change): EventChange {
    return {
      eventId: this.idOf(event),
      ...rest,
      ...(coefficient !== undefined && {
        coefficient: Coefficient.fromHundredths(Number(coefficient)),
      }),
      ...(deadlineAhead !== undefined && { deadline: deadlineAhead ? AHEAD : PAST }),
    }
  }
}

/** Whether an event is shown as the model has it. */
export function isShown(
  at: Version,
  shown: Omit<SportingEvent, 'eventId' | 'changedAt' | 'endedAt'>,
): boolean {
  return (
    shown.version === at.version &&
    BigInt(shown.coefficient.hundredths) === at.coefficient &&
    shown.deadline === (at.deadlineAhead ? AHEAD : PAST) &&
    shown.state === at.state &&
    shown.suspended === at.suspended &&
    shown.reason === at.reason
  )
}
