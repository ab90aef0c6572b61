import { Type } from 'typebox'
import { InvalidValueError } from './errors.ts'

const HOUR = '(?:[01]\\d|2[0-3])'
const RFC_3339 = new RegExp(
  `^(\\d{4}-\\d\\d-\\d\\d)T(${HOUR}:\\d\\d:\\d\\d)(?:\\.(\\d{1,6}))?` +
    `(?:Z|([+-])(${HOUR}:[0-5]\\d))$`,
  'i',
)
const FIRST_YEAR = Date.parse('0001-01-01T00:00:00Z')
const AFTER_LAST_YEAR = Date.parse('9999-12-31T23:59:59Z') + 1_000

/**
 * Reads an RFC 3339 time, exact to the microsecond, and returns it as `formatMoment` writes it, so
 * that equal moments are equal texts. Throws `InvalidValueError`.
 */
export function parseMoment(input: string): string {
  const [, date, time, fraction = '', sign, offset] = RFC_3339.exec(input) ?? []
  const localMs = Date.parse(`${date}T${time}Z`)
  // The 30th of February would be read as the 2nd of March.
  if (Number.isNaN(localMs) || !new Date(localMs).toISOString().startsWith(`${date}T${time}`))
    throw new InvalidValueError(
      'must be an RFC 3339 time with an offset or Z, exact to the microsecond at most',
    )
  const [hours, minutes] = (offset ?? '0:0').split(':').map(Number) as [number, number]
  const aheadMs = (hours * 60 + minutes) * 60_000 * (sign === '-' ? -1 : 1)
  const ms = localMs - aheadMs
  if (ms < FIRST_YEAR || ms >= AFTER_LAST_YEAR)
    throw new InvalidValueError('must be in the years 1 to 9999')
  return formatMoment(new Date(ms).toISOString().slice(0, 19), fraction)
}

/**
 * A UTC time from its seconds, like `2026-01-31T12:00:00`, and a fraction of up to six digits: with
 * milliseconds, or with microseconds where there are any.
 */
export function formatMoment(seconds: string, fraction: string): string {
  const digits = fraction.padEnd(6, '0')
  return `${seconds}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`
}

/** A moment in output. */
export const MomentText = Type.String({
  maxLength: 27,
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}([0-9]{3})?Z$',
  examples: ['2026-01-31T12:00:00.000Z'],
})
