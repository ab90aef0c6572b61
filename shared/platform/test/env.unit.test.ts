import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  BROKER_SCHEMES,
  DATABASE_SCHEMES,
  Env,
  HTTP_SCHEMES,
  SettingError,
} from '../src/process/env.ts'
import { SAMPLE_SECRETS } from '../src/process/sample-secrets.ts'

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
    '%p is taken as it is',
    (value) => {
      expect(env(value).url('SETTING', DATABASE_SCHEMES)).toBe(value)
    },
  )

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
  test('is accepted from minimum to maximum, in decimal digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 150 }), (number) => {
        const taken = number >= 0 && number <= 100
        const message = refusal(() =>
          expect(env(String(number)).integer('SETTING', 7, 0, 100)).toBe(number),
        )
        expect(message).toBe(
          taken ? undefined : 'Setting SETTING must be a whole number from 0 to 100.',
        )
      }),
    )
  })

  test.each([
    'x',
    '1.5',
    '1e1',
    '0x5',
    ' 5',
    '5 ',
    '+5',
    '5ms',
    'NaN',
    'Infinity',
    '٥',
    '1'.repeat(400),
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

describe('a login', () => {
  const login = (value: string, settings: Record<string, string> = {}) =>
    refusal(() =>
      new Env({ ...settings, SETTING: value }).login('SETTING', [
        ...DATABASE_SCHEMES,
        ...BROKER_SCHEMES,
      ]),
    )
  const PRODUCTION = { NODE_ENV: 'production' }

  test.each([
    'postgres://postgres:postgres@h/d',
    'postgres://line_provider:line@h/d',
    'postgres://u:%6Cine@h/d',
    'amqp://guest:guest@h',
    'amqp://h',
    'amqps://user@h',
    'amqp://admin:admin@h:5672/v',
  ])('%p has a sample password: refused in production, accepted elsewhere', (value) => {
    expect(login(value, PRODUCTION)).toBe(
      'Setting SETTING has a sample password, which NODE_ENV=production refuses.',
    )
    for (const settings of [{}, { NODE_ENV: 'development' }, { NODE_ENV: 'test' }])
      expect(login(value, settings)).toBeUndefined()
  })

  test.each([
    'postgres://line:4kf9s8d7@h/line',
    'postgres://u@h/d',
    'postgresql:///d',
    'amqp://admin:x8f7z6@h/guest',
  ])('%p is accepted in production', (value) => expect(login(value, PRODUCTION)).toBeUndefined())
})

test('a login without a password uses PGPASSWORD, and a malformed % is reported', () => {
  const read = (SETTING: string, more: object) => () =>
    new Env({ NODE_ENV: 'production', ...more, SETTING }).login('SETTING', DATABASE_SCHEMES)
  expect(refusal(read('postgres://u@h/d', { PGPASSWORD: 'line' }))).toContain(
    'has a sample password',
  )
  expect(refusal(read('postgres://u@h/d', { PGPASSWORD: 'k3Fq9wXz' }))).toBeUndefined()
  expect(refusal(read('postgres://u:100%@h/d', {}))).toBe(
    'Setting SETTING must have every % in its password written as %25.',
  )
})

test.each(['Production', 'prod', ' production'])(
  'NODE_ENV=%p is refused: it must not open what it would close',
  (NODE_ENV) => {
    expect(refusal(() => new Env({ NODE_ENV }).tokens('SETTING'))).toBe(
      'Setting NODE_ENV must be one of production, development, test.',
    )
  },
)

describe('tokens', () => {
  const tokens = (value?: string, NODE_ENV?: string) =>
    new Env({ ...(value && { SETTING: value }), ...(NODE_ENV && { NODE_ENV }) }).tokens('SETTING')

  test("come with their owners' names; a name may have several tokens", () => {
    expect(tokens('shop:one,kiosk:two:with/all+of==~it,shop:three')).toEqual([
      { name: 'shop', token: 'one' },
      { name: 'kiosk', token: 'two:with/all+of==~it' },
      { name: 'shop', token: 'three' },
    ])
  })

  test('are optional, but required in production', () => {
    expect(tokens()).toBeUndefined()
    expect(refusal(() => tokens(undefined, 'production'))).toBe(
      'Setting SETTING is required with NODE_ENV=production.',
    )
  })

  test.each([
    ['secret', 'without a name'],
    [':secret', 'with an empty name'],
    ['name:', 'with an empty token'],
    ['name:secret,', 'with nothing behind the comma'],
    ['name:secret, name:secret2', 'with a space'],
    ['näme:secret', 'with a name of other letters'],
    ['-name:secret', 'with a name that begins with a dash'],
    [`${'n'.repeat(65)}:secret`, 'with a name that is too long'],
    [`name:${'secret'.repeat(100)}`, 'with a token that is too long'],
    ['name:sécret', 'with a token that no header can carry'],
  ])('%p, %s, are refused, and not repeated', (value) => {
    const message = refusal(() => tokens(value))
    expect(message).toBe('Setting SETTING must be of the form name:token,name:token.')
  })

  test('must not be shared by two names', () => {
    expect(refusal(() => tokens('one:secret,two:secret'))).toBe(
      'Setting SETTING must not have the same token twice.',
    )
  })

  test('that are samples are refused in production', () => {
    const sample = 'me:x8f7z6,local:local-client-token'
    expect(tokens(sample)).toHaveLength(2)
    expect(refusal(() => tokens(sample, 'production'))).toBe(
      'Setting SETTING has a sample token, which NODE_ENV=production refuses.',
    )
  })
})

test('every password and token of .env is a known sample', async () => {
  const lines = (await Bun.file(`${import.meta.dir}/../../../.env`).text()).split('\n')
  const secrets = lines.flatMap((line) => {
    const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (name.endsWith('_TOKENS'))
      return value.split(',').map((entry) => entry.slice(entry.indexOf(':') + 1))
    return /PASSWORD|COOKIE|SECRET/.test(name) ? [value] : []
  })
  expect(secrets.length).toBeGreaterThan(5)
  for (const secret of secrets) expect(SAMPLE_SECRETS).toContain(secret)
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
    '*',
    'shop.example',
    'https://shop.example/',
    'https://shop.example/path',
    'https://Shop.example',
    'ftp://a',
    'null',
    'https://a, https://b',
  ])('%p is refused', (value) =>
    expect(refusal(() => origins(value))).toStartWith('Setting SETTING must be origins'),
  )
})
