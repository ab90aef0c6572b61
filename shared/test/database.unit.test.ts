import { describe, expect, test } from 'bun:test'
import { DrizzleQueryError } from 'drizzle-orm'
import { DatabaseUnavailableError } from '../src/domain/errors.ts'
import { query } from '../src/runtime/database.ts'
import { createLog } from '../src/runtime/log.ts'

const refusalOf = (error: Error) => query(Promise.reject(error)).catch((refused: Error) => refused)

describe('a statement that fails', () => {
  test("comes through without drizzle's wrapper, which would tell the log what clients sent", async () => {
    const cause = new Error('column "x" does not exist')
    const refused = await refusalOf(new DrizzleQueryError('select $1', ['hunter2'], cause))
    expect(refused).toBe(cause)

    const lines: string[] = []
    createLog('test', 'error', (line) => lines.push(line)).error('request failed', { error: refused })
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

  test('an error of our own comes through as it is', async () => {
    const error = new TypeError('a bug')
    expect(await refusalOf(error)).toBe(error)
  })
})
