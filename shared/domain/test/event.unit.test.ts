import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { TypeCompiler } from 'typebox/compiler'
import { InvalidValueError } from '../src/errors.ts'
import {
  Deadline,
  EventId,
  EventState,
  parseReason,
  type Transition,
  transition,
} from '../src/event.ts'

describe('transition', () => {
  const states = EventState.anyOf.map((literal) => literal.const)

  test('there are four states', () => {
    expect(states).toEqual(['NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED'])
  })

  /** From each state to NEW, FINISHED_WIN, FINISHED_LOSE and CANCELLED. */
  const moves: Record<EventState, Transition[]> = {
    NEW: ['none', 'end', 'end', 'end'],
    FINISHED_WIN: ['correction', 'none', 'correction', 'correction'],
    FINISHED_LOSE: ['correction', 'correction', 'none', 'correction'],
    CANCELLED: ['correction', 'correction', 'correction', 'none'],
  }
  for (const from of states)
    test(`from ${from} to each state in turn is: ${moves[from]}`, () => {
      expect(states.map((to) => transition(from, to))).toEqual(moves[from])
    })
})

describe('parseReason', () => {
  test.each([
    ['one character', 'x'],
    ['500 characters', 'x'.repeat(500)],
    ['500 astral characters, 1000 UTF-16 units', '🏆'.repeat(500)],
    ['punctuation, markup and SQL', `<b>"it's"; drop table events;--`],
    ['spaces around, kept as they are', '  video review  '],
  ])('takes %s verbatim', (_what, reason) => {
    expect(parseReason(reason)).toBe(reason)
  })

  test.each([
    ['nothing', ''],
    ['a space', ' '],
    ['blanks of other scripts', '\u00a0\u2003\u3000'],
    ['501 characters', 'x'.repeat(501)],
    ['501 astral characters', '🏆'.repeat(501)],
    ['a lone high surrogate', 'a\ud83c'],
    ['a lone low surrogate', '\udfc6a'],
    ['surrogates in the wrong order', '\udfc6\ud83c'],
    ['NUL', 'a\0b'],
    ['a line break', 'a\nb'],
    ['a tab', 'a\tb'],
    ['DEL', 'a\u007f'],
    ['a C1 control', 'a\u0085b'],
  ])('refuses %s', (_what, reason) => {
    expect(() => parseReason(reason)).toThrow(InvalidValueError)
  })

  test('refuses control characters at any position', () => {
    const control = fc.oneof(
      fc.integer({ min: 0, max: 0x1f }),
      fc.integer({ min: 0x7f, max: 0x9f }),
    )
    fc.assert(
      fc.property(fc.string(), control, fc.string(), (before, code, after) => {
        expect(() => parseReason(before + String.fromCharCode(code) + after)).toThrow(
          InvalidValueError,
        )
      }),
    )
  })

  test('a refusal does not repeat the reason', () => {
    expect(() => parseReason('secret\n')).not.toThrow(/secret/)
  })
})

describe('the fields of an event', () => {
  const id = TypeCompiler.Compile(EventId)
  const deadline = TypeCompiler.Compile(Deadline)

  test.each(['m', 'm-1', '0', 'A.b_c:d-e', 'a'.repeat(64)])('%p is an id', (value) => {
    expect(id.Check(value)).toBe(true)
  })

  test.each(['', '-m', '.m', '_m', ':m', 'a b', 'a/b', 'a\0', 'a\n', 'é', 'a'.repeat(65), 1, null])(
    '%p is no id',
    (value) => {
      expect(id.Check(value)).toBe(false)
    },
  )

  test.each([0, 1, 253_402_300_799])('%p is a deadline', (value) => {
    expect(deadline.Check(value)).toBe(true)
  })

  test.each([-1, 1.5, 253_402_300_800, Number.NaN, Infinity, '1', null])(
    '%p is no deadline',
    (value) => {
      expect(deadline.Check(value)).toBe(false)
    },
  )
})
