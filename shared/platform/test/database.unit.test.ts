import { describe, expect, test } from 'bun:test'
import { DatabaseUnavailableError } from '@bets/domain/errors'
import { DrizzleQueryError } from 'drizzle-orm'
import { isoTime, query } from '../src/postgres/database.ts'
import { createLog } from '../src/process/log.ts'

const refusalOf = (error: Error) => query(Promise.reject(error)).catch((refused: Error) => refused)

test.each([
  ['2026-01-31 12:00:00.123456+00', '2026-01-31T12:00:00.123Z'],
  ['2026-01-31 12:00:00.9999+00', '2026-01-31T12:00:00.999Z'],
  ['2026-01-31 12:00:00.5+00', '2026-01-31T12:00:00.500Z'],
  ['2026-01-31 12:00:00+00', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31T12:00:00.123456+00:00', '2026-01-31T12:00:00.123Z'],
  ['2026-01-31T12:00:00.05+00:00', '2026-01-31T12:00:00.050Z'],
  ['2026-01-31T12:00:00+00:00', '2026-01-31T12:00:00.000Z'],
])('the time %s is shown as %s', (text, shown) => {
  expect(isoTime(text)).toBe(shown)
  expect(isoTime(text)).toBe(new Date(text).toISOString())
})

describe('a statement that fails', () => {
  test("comes without drizzle's wrapper, which would leak client data to the log", async () => {
    const cause = new Error('column "x" does not exist')
    const refused = await refusalOf(new DrizzleQueryError('select $1', ['hunter2'], cause))
    expect(refused).toBe(cause)

    const lines: string[] = []
    createLog('test', 'error', (line) => lines.push(line)).error('request failed', {
      error: refused,
    })
    expect(lines.join()).not.toContain('hunter2')
  })

  test.each(['CONNECTION_CLOSED', 'ECONNREFUSED', 'CONNECT_TIMEOUT'])(
    '%s is a database that does not answer, through drizzle as well',
    async (code) => {
      const cause = Object.assign(new Error('gone'), { code })
      expect(await refusalOf(cause)).toBeInstanceOf(DatabaseUnavailableError)
      const wrapped = await refusalOf(new DrizzleQueryError('select $1', ['hunter2'], cause))
      expect(wrapped).toBeInstanceOf(DatabaseUnavailableError)
      expect(Bun.inspect(wrapped)).not.toContain('hunter2')
    },
  )

  test('our own errors are passed on unchanged', async () => {
    const error = new TypeError('a bug')
    expect(await refusalOf(error)).toBe(error)
  })
})
