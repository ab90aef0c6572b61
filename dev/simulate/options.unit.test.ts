import { expect, test } from 'bun:test'
import { readOptions, UsageError } from './options.ts'

const read = (words: string, env: Record<string, string> = {}) =>
  readOptions(words.split(' ').filter(Boolean), env, 7)

test('defaults: services on this machine, one client, a random seed', () => {
  expect(read('')).toEqual({
    lineUrl: 'http://127.0.0.1:8100',
    betsUrl: 'http://127.0.0.1:8080',
    operatorToken: undefined,
    clientTokens: [undefined],
    events: 300,
    bettors: 2_000,
    seconds: 60,
    seed: 7,
    patienceMs: 60_000,
    feedMaxAgeMs: 20_000,
  })
})

test('the command line overrides the environment', () => {
  const env = {
    LINE_URL: 'http://line',
    BETS_URL: 'http://bets',
    OPERATOR_TOKENS: 'o:one',
    CLIENT_TOKENS: 'c:two',
  }
  expect(read('', env)).toMatchObject({
    lineUrl: 'http://line',
    betsUrl: 'http://bets',
    operatorToken: 'one',
    clientTokens: ['two'],
  })
  const words =
    '--line https://a/ --bets=http://b:1 --operator-token x --client-token y,z --seed 0 --events=5'
  expect(read(words, env)).toMatchObject({
    lineUrl: 'https://a',
    betsUrl: 'http://b:1',
    operatorToken: 'x',
    clientTokens: ['y', 'z'],
    seed: 0,
    events: 5,
  })
})

test('one token per name in the environment is used: two of one name are one client', () => {
  expect(read('', { CLIENT_TOKENS: 'ann:old,ann:new:er,bob:b' })?.clientTokens).toEqual([
    'new:er',
    'b',
  ])
})

test.each([
  '--events 0',
  '--events 1.5',
  '--events',
  '--seconds=',
  '--seed 4294967296',
  '--bettors many',
  '--line localhost',
  '--line ftp://x',
  '--colour red',
  'events 5',
])('refused: %s', (words) => {
  expect(() => read(words)).toThrow(UsageError)
})

test('help overrides everything else', () => {
  expect(read('--events 0 --help')).toBeUndefined()
})
