import { describe, expect, test } from 'bun:test'
import { LOG_LEVELS, type LogLevel } from '@bets/domain/log'
import { createLog } from '../src/process/log.ts'

function keeping(level: LogLevel) {
  const lines: string[] = []
  const log = createLog('bet-maker', level, (line) => lines.push(line))
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') }
}

describe('a line of the log', () => {
  test('is one JSON object: time, level, service, message, then the fields', () => {
    const { log, lines, last } = keeping('info')
    log.warn('slow', { tookMs: 12, text: 'two\nlines' })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1)
    expect(Object.keys(last())).toEqual(['time', 'level', 'service', 'message', 'tookMs', 'text'])
    expect(last()).toMatchObject({
      level: 'warn',
      service: 'bet-maker',
      message: 'slow',
      text: 'two\nlines',
    })
    expect(new Date(last().time).toISOString()).toBe(last().time)
  })

  test('F51 cuts a text of any length, also within an error', () => {
    const { log, lines, last } = keeping('info')
    const text = 'x'.repeat(1_000_000)
    log.error(text, { text, error: new Error(text) })
    expect(lines[0]?.length).toBeLessThan(20_000)
    expect(last().text).toBe(`${'x'.repeat(4_096)}… (1000000 characters)`)
  })

  test('may hold bigints, as decimal text', () => {
    const { log, last } = keeping('info')
    log.info('paid', { cents: 999_999_999_900_000n })
    expect(last().cents).toBe('999999999900000')
  })

  test('shows an error with its name, message, code, stack and causes', () => {
    const { log, last } = keeping('info')
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNREFUSED' })
    log.error('failed', { error: new Error('outer', { cause }) })
    expect(last().error).toMatchObject({
      name: 'Error',
      message: 'outer',
      cause: { name: 'TypeError', message: 'inner', code: 'ECONNREFUSED' },
    })
    expect(last().error.stack).toContain('log.unit.test.ts')
  })

  test("shows nothing else of an error: a driver's queries contain client data", () => {
    const { log, lines } = keeping('info')
    const error = Object.assign(new Error('refused'), {
      query: 'insert secret',
      parameters: ['secret'],
    })
    log.error('failed', { error, nested: { errors: [error] } })
    expect(lines[0]).not.toContain('secret')
  })
})

describe('the level', () => {
  test.each([...LOG_LEVELS])('%s lets lines of the same or higher severity through', (level) => {
    const { log, lines } = keeping(level)
    const graver = (['debug', 'info', 'warn', 'error'] as const).slice(LOG_LEVELS.indexOf(level))
    for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each]('x')
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(graver)
  })
})

test('a message is written even if JSON cannot represent its fields', () => {
  const lines: string[] = []
  const ring: Record<string, unknown> = {}
  ring.self = ring
  createLog('test', 'info', (line) => lines.push(line)).info('still here', { ring })
  expect(JSON.parse(lines.join(''))).toMatchObject({ level: 'info', message: 'still here' })
})
