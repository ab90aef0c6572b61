import { expect, test } from 'bun:test'
import { needServers } from './test-files.ts'

const FILES = [
  'bet-maker/test/bets.int.test.ts',
  'bet-maker/test/place-bet.int.test.ts',
  'bet-maker/test/place-bet.unit.test.ts',
  'dev/simulate/plan.unit.test.ts',
  'shared/domain/test/bet-sum.unit.test.ts',
]

test.each([
  [['bet-maker/test/place-bet.unit.test.ts']],
  [['./bet-maker/test/place-bet.unit.test.ts']],
  [['.unit', '-t', 'bets']],
  [['-t', 'bets', 'place-bet.unit']],
  [['--test-name-pattern', 'bets', '--bail=1', 'place-bet.unit']],
  [['--bail', 'place-bet.unit', 'dev/simulate']],
  [['shared/domain']],
])('only unit tests need no servers: %p', (args) => {
  expect(needServers(args, FILES)).toBe(false)
})

test.each([
  [[]],
  [['-t', '.unit']],
  [['place-bet']],
  [['place-bet.unit', 'bets.int']],
  [['place-bet.unit', '--bail', 'bets.int']],
  [['place-bet.unit', './dev/pictures/pictures.check.ts']],
])('anything that may match another test needs servers: %p', (args) => {
  expect(needServers(args, FILES)).toBe(true)
})
