import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { BROKER_SCHEMES, DATABASE_SCHEMES, Env, HTTP_SCHEMES, SettingError } from '../src/runtime/env.ts'

const env = (value?: string) => new Env(value === undefined ? {} : { SETTING: value })

/** The message with which a setting is refused; undefined when it is taken. */
function refusal(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(SettingError)
    return (error as SettingError).message
  }
}

describe('a setting', () => {
  test('that is empty counts as not given, as compose writes it', () => {
    expect(env('').optional('SETTING')).toBeUndefined()
    expect(env('').string('SETTING', 'fallback')).toBe('fallback')
    expect(env('').integer('SETTING', 7, 1, 10)).toBe(7)
    expect(env('').oneOf('SETTING', ['a', 'b'], 'b')).toBe('b')
    expect(env('').url('SETTING', HTTP_SCHEMES, 'http://a')).toBe('http://a')
  })

  test('that is given wins over the fallback', () => {
    expect(env('x').string('SETTING', 'fallback')).toBe('x')
    expect(env('8').integer('SETTING', 7, 1, 10)).toBe(8)
    expect(env('a').oneOf('SETTING', ['a', 'b'], 'b')).toBe('a')
    expect(env('https://b').url('SETTING', HTTP_SCHEMES, 'http://a')).toBe('https://b')
  })

  test('is refused by its name, and its value is not repeated', () => {
    const secret = 'hunter2'
    const refusals = [
      refusal(() => env(secret).url('SETTING', BROKER_SCHEMES)),
      refusal(() => env(`http://user:${secret}@host`).url('SETTING', DATABASE_SCHEMES)),
      refusal(() => env(secret).integer('SETTING', 1, 0, 9)),
      refusal(() => env(secret).oneOf('SETTING', ['a', 'b'], 'a')),
    ]
    for (const message of refusals) {
      expect(message).toStartWith('Setting SETTING ')
      expect(message).not.toContain(secret)
    }
  })
})

describe('a URL', () => {
  test('that is missing without a fallback is required', () => {
    expect(refusal(() => env().url('SETTING', DATABASE_SCHEMES))).toBe('Setting SETTING is required.')
    expect(refusal(() => env('').url('SETTING', DATABASE_SCHEMES))).toBe('Setting SETTING is required.')
  })

  test.each(['postgres://u:p@h:5432/d', 'postgresql:///d?host=/tmp'])('%p is taken as it is', (value) => {
    expect(env(value).url('SETTING', DATABASE_SCHEMES)).toBe(value)
  })

  test.each(['localhost', 'localhost:5432', '//h/d', 'mysql://h/d', 'http://h/d', ' ', 'postgres'])(
    '%p is refused, and the forms that would do are named',
    (value) => {
      expect(refusal(() => env(value).url('SETTING', DATABASE_SCHEMES))).toBe(
        'Setting SETTING must be a URL of the form postgres://… or postgresql://….',
      )
    },
  )
})

describe('a whole number', () => {
  test('is taken from the least to the most, in decimal digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 150 }), (number) => {
        const taken = number >= 0 && number <= 100
        const message = refusal(() => expect(env(String(number)).integer('SETTING', 7, 0, 100)).toBe(number))
        expect(message).toBe(taken ? undefined : 'Setting SETTING must be a whole number from 0 to 100.')
      }),
    )
  })

  test.each(['x', '1.5', '1e1', '0x5', ' 5', '5 ', '+5', '5ms', 'NaN', 'Infinity', '٥', '1'.repeat(400)])(
    '%p is refused',
    (value) => {
      expect(refusal(() => env(value).integer('SETTING', 7, 0, 100))).toBeDefined()
    },
  )
})

describe('a choice', () => {
  test.each(['A', 'a ', 'c', 'toString'])('%p is refused, and the choices are named', (value) => {
    expect(refusal(() => env(value).oneOf('SETTING', ['a', 'b'], 'a'))).toBe(
      'Setting SETTING must be one of a, b.',
    )
  })
})
