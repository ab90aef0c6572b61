import { describe, expect, test } from 'bun:test'
import { Coefficient } from '@bets/domain/coefficient'
import type { EventState } from '@bets/domain/event'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import {
  EventEndedError,
  IllegalTransitionError,
  IncompleteEventError,
} from '../src/domain/errors.ts'
import { type EventChange, refusalOf, refusalOfNew } from '../src/domain/event-change.ts'

const STATES: EventState[] = ['NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED']

const eventIn = (state: EventState) => sportingEvent('m-1', { deadline: 1_000, state, version: 3 })

/** The values of a field that an ended event keeps: none, the same, or another. */
const GIVEN = ['absent', 'same', 'different'] as const
type Given = (typeof GIVEN)[number]

interface Asked {
  coefficient: Given
  deadline: Given
  suspended: Given
  state: EventState | undefined
  reason: string | undefined
}

/** Every combination of the fields of a change. */
const ALL_CHANGES: Asked[] = []
for (const coefficient of GIVEN)
  for (const deadline of GIVEN)
    for (const suspended of GIVEN)
      for (const state of [undefined, ...STATES])
        for (const reason of [undefined, 'video review'])
          ALL_CHANGES.push({ coefficient, deadline, suspended, state, reason })

function changeOf({ coefficient, deadline, suspended, state, reason }: Asked): EventChange {
  return {
    eventId: 'm-1',
    ...(coefficient !== 'absent' && {
      // "1.5" is the same as the event's "1.50".
      coefficient: Coefficient.parse(coefficient === 'same' ? '1.5' : '1.51'),
    }),
    ...(deadline !== 'absent' && { deadline: deadline === 'same' ? 1_000 : 999 }),
    ...(suspended !== 'absent' && { suspended: suspended === 'different' }),
    ...(state !== undefined && { state }),
    ...(reason !== undefined && { reason }),
  }
}

const fixedDiffer = ({ coefficient, deadline, suspended }: Asked) =>
  [coefficient, deadline, suspended].includes('different')

/** Checks a rule on every combination that it applies to, and that there are some. */
function holds(
  speaksOf: (asked: Asked, from: EventState) => boolean,
  check: (refusal: ReturnType<typeof refusalOf>, asked: Asked, from: EventState) => void,
): void {
  let checked = 0
  for (const from of STATES)
    for (const asked of ALL_CHANGES)
      if (speaksOf(asked, from)) {
        check(refusalOf(changeOf(asked), eventIn(from)), asked, from)
        checked++
      }
  expect(checked).toBeGreaterThan(0)
}

describe('a change of an event', () => {
  test('is never refused while the event is NEW, even if it ends the event', () => {
    holds(
      (_asked, from) => from === 'NEW',
      (refusal) => expect(refusal).toBeUndefined(),
    )
  })

  test('of coefficient, deadline or suspended is EVENT_ENDED once the event has ended', () => {
    holds(
      (asked, from) => from !== 'NEW' && fixedDiffer(asked),
      (refusal) => expect(refusal).toBeInstanceOf(EventEndedError),
    )
  })

  test('that corrects the state without a reason is ILLEGAL_TRANSITION', () => {
    holds(
      ({ state, reason, ...asked }, from) =>
        from !== 'NEW' &&
        !fixedDiffer({ state, reason, ...asked }) &&
        state !== undefined &&
        state !== from &&
        reason === undefined,
      (refusal) => expect(refusal).toBeInstanceOf(IllegalTransitionError),
    )
  })

  test('that corrects the state with a reason is allowed, to NEW as well', () => {
    holds(
      (asked, from) =>
        from !== 'NEW' && !fixedDiffer(asked) && asked.state !== from && asked.reason !== undefined,
      (refusal) => expect(refusal).toBeUndefined(),
    )
  })

  test('that repeats the current values, or sets nothing, is allowed', () => {
    holds(
      (asked, from) => !fixedDiffer(asked) && (asked.state === undefined || asked.state === from),
      (refusal) => expect(refusal).toBeUndefined(),
    )
  })

  test('the rules above cover every combination', () => {
    expect(ALL_CHANGES).toHaveLength(3 * 3 * 3 * 5 * 2)
    const refused = STATES.flatMap((from) =>
      ALL_CHANGES.map((asked) => refusalOf(changeOf(asked), eventIn(from))?.code ?? 'allowed'),
    )
    const count = (code: string) => refused.filter((each) => each === code).length
    // In each of 3 ended states, 19 of 27 combinations of fixed fields differ; 8 × 3 others lack a
    // reason.
    expect(count('EVENT_ENDED')).toBe(3 * 19 * 5 * 2)
    expect(count('ILLEGAL_TRANSITION')).toBe(3 * 8 * 3)
    expect(refused).toHaveLength(4 * 270)
  })
})

describe('a change of an event that does not exist', () => {
  const coefficient = Coefficient.parse('1.50')
  const complete: EventChange = { eventId: 'm-2', coefficient, deadline: 1_000 }

  for (const state of [undefined, ...STATES]) {
    const given = state === undefined ? {} : { state }
    test(`names what is missing first (422), with the state ${state ?? 'absent'}`, () => {
      const missingOf = (change: EventChange) => {
        const refusal = refusalOfNew({ ...change, ...given })
        expect(refusal).toBeInstanceOf(IncompleteEventError)
        return (refusal as IncompleteEventError).missing
      }
      expect(missingOf({ eventId: 'm-2' })).toEqual(['coefficient', 'deadline'])
      expect(missingOf({ eventId: 'm-2', coefficient })).toEqual(['deadline'])
      expect(missingOf({ eventId: 'm-2', deadline: 0 })).toEqual(['coefficient'])
    })
  }

  for (const state of STATES.filter((each) => each !== 'NEW'))
    test(`that would start as ${state} is ILLEGAL_TRANSITION (409), with a reason too`, () => {
      expect(refusalOfNew({ ...complete, state })).toBeInstanceOf(IllegalTransitionError)
      expect(refusalOfNew({ ...complete, state, reason: 'late entry' })).toBeInstanceOf(
        IllegalTransitionError,
      )
    })
})
