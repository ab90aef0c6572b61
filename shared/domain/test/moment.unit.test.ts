import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { TypeCompiler } from 'typebox/compiler'
import { InvalidValueError } from '../src/errors.ts'
import { MomentText, parseMoment } from '../src/moment.ts'

const text = TypeCompiler.Compile(MomentText)

test.each([
  '2026-01-31 12:00:00Z',
  '2026-01-31T12:00:00',
  '2026-01-31T12:00Z',
  '2026-01-31T12:00:00+0100',
  '2026-01-31T12:00:00+24:00',
  '2026-01-31T12:00:00.Z',
  '2026-01-31T12:00:00.0000001Z',
  '2026-01-31T12:00:00,5Z',
  '2026-02-29T12:00:00Z',
  '2026-02-30T12:00:00Z',
  '2026-13-01T12:00:00Z',
  '2026-00-01T12:00:00Z',
  '2026-01-00T12:00:00Z',
  '2026-01-31T24:00:00Z',
  '2026-01-31T12:60:00Z',
  '2026-01-31T12:00:60Z',
  '20260131T120000Z',
  '2026-W05-6T12:00:00Z',
  '+02026-01-31T12:00:00Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  '２026-01-31T12:00:00Z',
  ' 2026-01-31T12:00:00Z',
  '2026-01-31T12:00:00Z\n',
  'now',
  'infinity',
  '',
])('%j is not a moment', (input) => {
  expect(() => parseMoment(input)).toThrow(InvalidValueError)
})

test('a moment is the same in every offset, to the microsecond', () => {
  const first = Date.parse('0002-01-01T00:00:00Z')
  const last = Date.parse('9998-12-31T00:00:00Z')
  fc.assert(
    fc.property(
      fc.integer({ min: first, max: last }),
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: -1_439, max: 1_439 }),
      (ms, micros, offsetMinutes) => {
        const utc = new Date(ms).toISOString()
        const there = new Date(ms + offsetMinutes * 60_000).toISOString()
        const size = Math.abs(offsetMinutes)
        const two = (number: number) => String(number).padStart(2, '0')
        const sign = offsetMinutes < 0 ? '-' : '+'
        const offset = `${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`
        const more = String(micros).padStart(3, '0')
        const shown = micros === 0 ? utc : utc.replace('Z', `${more}Z`)
        expect(parseMoment(there.replace('Z', `${more}${offset}`))).toBe(shown)
        expect(parseMoment(shown)).toBe(shown)
        expect(text.Check(shown)).toBe(true)
      },
    ),
  )
})
