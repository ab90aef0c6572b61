import { describe, expect, test } from 'bun:test'
import { BROKER_SCHEMES, DATABASE_SCHEMES, Env } from '../src/process/env.ts'
import { SAMPLE_SECRETS } from '../src/process/sample-secrets.ts'
import { refusal } from './setting.ts'

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
    ...'postgres://postgres:postgres@h/d postgres://line_provider:line@h/d'.split(' '),
    ...'postgres://u:%6Cine@h/d amqp://guest:guest@h amqp://admin:admin@h:5672/v'.split(' '),
    ...['amqp://h', 'amqps://user@h'],
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
    'Setting SETTING must have every % in its user and password written as %25.',
  )
})

test.each(['Production', 'prod', ' production'])(
  'NODE_ENV=%p is refused: it might be meant as production',
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
    ['name:secret,', 'with nothing after the comma'],
    ['name:secret, name:secret2', 'with a space'],
    ['näme:secret', 'with a name of other letters'],
    ['-name:secret', 'with a name that begins with a dash'],
    [`${'n'.repeat(65)}:secret`, 'with a name that is too long'],
    [`name:${'secret'.repeat(100)}`, 'with a token that is too long'],
    ['name:sécret', 'with a token that no header can carry'],
  ])('%p, %s, are refused without repeating them', (value) => {
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

test('tokens of fewer than 16 characters are refused in production', () => {
  const read = (SETTING: string, NODE_ENV = 'production') =>
    new Env({ NODE_ENV, SETTING }).tokens('SETTING')
  expect(refusal(() => read('me:a-longer-token-than-16,you:fifteen-letters'))).toBe(
    'Setting SETTING has a token of fewer than 16 characters, which NODE_ENV=production refuses.',
  )
  expect(read('me:sixteen-letters-')).toHaveLength(1)
  expect(read('me:x', 'development')).toHaveLength(1)
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
