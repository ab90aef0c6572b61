import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { BROKER_SCHEMES, DATABASE_SCHEMES, Env, HTTP_SCHEMES } from '../src/process/env.ts'
import { env, refusal } from './setting.ts'

describe('a setting', () => {
  test('that is empty counts as missing, because compose sets it', () => {
    expect(env('').optional('SETTING')).toBeUndefined()
    expect(env('').string('SETTING', 'fallback')).toBe('fallback')
    expect(env('').integer('SETTING', 7, 1, 10)).toBe(7)
    expect(env('').oneOf('SETTING', ['a', 'b'], 'b')).toBe('b')
    expect(env('').url('SETTING', HTTP_SCHEMES, 'http://a')).toBe('http://a')
  })

  test('that is set takes precedence over the fallback', () => {
    expect(env('x').string('SETTING', 'fallback')).toBe('x')
    expect(env('8').integer('SETTING', 7, 1, 10)).toBe(8)
    expect(env('a').oneOf('SETTING', ['a', 'b'], 'b')).toBe('a')
    expect(env('https://b').url('SETTING', HTTP_SCHEMES, 'http://a')).toBe('https://b')
  })

  test('is reported by name, without its value', () => {
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

describe('a renamed setting', () => {
  const read = (settings: Record<string, string>) => {
    const env = new Env(settings)
    const value = env.integer(env.renamed('NEW', 'OLD'), 7, 1, 9)
    return [value, ...env.warnings]
  }

  test('is read by its new name, without a warning', () => {
    expect(read({})).toEqual([7])
    expect(read({ NEW: '3' })).toEqual([3])
    expect(read({ NEW: '3', OLD: '' })).toEqual([3])
  })

  test('is read by its old name if only that is set, with a warning', () => {
    expect(read({ OLD: '3' })).toEqual([3, 'OLD is deprecated and will stop working: use NEW'])
    expect(read({ OLD: '3', NEW: '' })).toHaveLength(2)
    expect(refusal(() => read({ OLD: 'x' }))).toStartWith('Setting OLD must be')
  })

  test('is read by its new name if both are set, with a warning', () => {
    expect(read({ OLD: 'x', NEW: '3' })).toEqual([
      3,
      'OLD is ignored because NEW is set: remove it',
    ])
  })
})

describe('a URL', () => {
  test('that is missing without a fallback is required', () => {
    expect(refusal(() => env().url('SETTING', DATABASE_SCHEMES))).toBe(
      'Setting SETTING is required.',
    )
    expect(refusal(() => env('').url('SETTING', DATABASE_SCHEMES))).toBe(
      'Setting SETTING is required.',
    )
  })

  test.each(['postgres://u:p@h:5432/d', 'postgresql:///d?host=/tmp'])(
    '%p is accepted as it is',
    (value) => {
      expect(env(value).url('SETTING', DATABASE_SCHEMES)).toBe(value)
    },
  )

  test.each(['localhost', 'localhost:5432', '//h/d', 'mysql://h/d', 'http://h/d', ' ', 'postgres'])(
    '%p is refused, and the accepted forms are named',
    (value) => {
      expect(refusal(() => env(value).url('SETTING', DATABASE_SCHEMES))).toBe(
        'Setting SETTING must be a URL of the form postgres://… or postgresql://….',
      )
    },
  )
})

describe('a whole number', () => {
  test('is accepted from minimum to maximum, in decimal digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 150 }), (number) => {
        const accepted = number >= 0 && number <= 100
        const message = refusal(() =>
          expect(env(String(number)).integer('SETTING', 7, 0, 100)).toBe(number),
        )
        expect(message).toBe(
          accepted ? undefined : 'Setting SETTING must be a whole number from 0 to 100.',
        )
      }),
    )
  })

  test.each([
    ...'x 1.5 1e1 0x5 +5 5ms NaN Infinity ٥'.split(' '),
    ...[' 5', '5 ', '1'.repeat(400)],
  ])('%p is refused', (value) => {
    expect(refusal(() => env(value).integer('SETTING', 7, 0, 100))).toBeDefined()
  })
})

describe('a choice', () => {
  test.each(['A', 'a ', 'c', 'toString'])('%p is refused, and the choices are named', (value) => {
    expect(refusal(() => env(value).oneOf('SETTING', ['a', 'b'], 'a'))).toBe(
      'Setting SETTING must be one of a, b.',
    )
  })
})

describe('origins', () => {
  const origins = (value?: string) => env(value).origins('SETTING')

  test('are empty by default, and accepted as browsers send them', () => {
    expect(origins()).toEqual([])
    expect(origins('https://shop.example,http://localhost:3000')).toEqual([
      'https://shop.example',
      'http://localhost:3000',
    ])
  })

  test.each([
    ...'* shop.example https://shop.example/ https://shop.example/path'.split(' '),
    ...'https://Shop.example ftp://a null'.split(' '),
    'https://a, https://b',
  ])('%p is refused', (value) =>
    expect(refusal(() => origins(value))).toStartWith('Setting SETTING must be origins'),
  )
})

describe('host names', () => {
  const hosts = (value?: string) => env(value).hosts('SETTING')

  test('are empty by default, in lower case, and may leave gaps, as compose does', () => {
    expect(hosts()).toEqual([])
    expect(hosts('line-provider,')).toEqual(['line-provider'])
    expect(hosts('Bets.Example,my_host,10.0.0.1')).toEqual(['bets.example', 'my_host', '10.0.0.1'])
  })

  test.each([
    ...'* https://bets.example bets.example:8080 bets.example/ .example -a ä'.split(' '),
    'a, b',
  ])('%p is refused', (value) =>
    expect(refusal(() => hosts(value))).toStartWith('Setting SETTING must be host names'),
  )
})
