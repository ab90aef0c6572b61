import { expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import fc from 'fast-check'

/** The script of the page has no types. */
interface Words {
  fromCents(cents: bigint): string
  compact(cents: bigint): string
  readStake(text: string): bigint | undefined
  duration(seconds: number): string
  refusalText(problem: object): string
}
const WORDS = '../src/presentation/board/words.js'
const { fromCents, compact, readStake, duration, refusalText } = (await import(WORDS)) as Words

const cents = fc.integer({ min: 1, max: 9_999_999_999 })

test('accepts the stakes that the service accepts, and a decimal comma', () => {
  fc.assert(
    fc.property(cents, (sum) => {
      const text = BetSum.fromCents(sum).toString()
      expect(readStake(text)).toBe(BigInt(sum))
      expect(readStake(` ${text.replace('.', ',')} `)).toBe(BigInt(sum))
    }),
  )
  for (const text of ['', '1 000', ...'0 0.00 -1 1.234 1e2 01 1. .5 100000000 ten'.split(' ')])
    expect(readStake(text), text).toBeUndefined()
})

test.each([
  [0n, '0.00', '0.00'],
  [-5n, '−0.05', '−0.05'],
  [123_456n, '1,234.56', '1,234.56'],
  [-100_000_000n, '−1,000,000.00', '−1,000,000.00'],
  [1_234_567_890_123n, '12,345,678,901.23', '12.3B'],
  [-2_999_969_699_700_006n, '−29,999,696,997,000.06', '−30T'],
])('%p cents are formatted as %p, and compactly as %p', (amount, whole, brief) => {
  expect(fromCents(amount)).toBe(whole)
  expect(compact(amount)).toBe(brief)
})

test.each([
  [-3, '0 s'],
  [59.9, '59 s'],
  [61, '1 min 1 s'],
  [7_979, '2 h 12 min'],
  [200_000, '2 d 7 h'],
  [1e9, 'over a year'],
])('%p seconds are formatted as %p', (seconds, words) => expect(duration(seconds)).toBe(words))

test('explains every refusal in plain words, and an unknown one by its own detail', () => {
  expect(refusalText({ code: 'EVENT_NOT_OPEN', reason: 'suspended' })).toContain('is suspended')
  expect(refusalText({ code: 'ODDS_CHANGED', coefficient: '1.70' })).toContain('changed to 1.70')
  expect(refusalText({ code: 'NEW_ONE', detail: 'The moon is full.' })).toBe(
    'Bet not placed. The moon is full.',
  )
  expect(refusalText({})).toBe('Bet not placed. Something went wrong.')
})
