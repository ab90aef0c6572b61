import { afterEach, describe, expect, test } from 'bun:test'
import { DatabaseUnavailableError } from '@bets/domain/errors'
import { keepingLog } from '../../dev/testing/keeping-log.ts'
import { endingStuckSessions, STUCK_AFTER_MS } from '../src/application/end-stuck-sessions.ts'
import { settleOwed } from '../src/application/settle-owed.ts'
import { FakeSettlements } from './fake-settlements.ts'
import { fakeClock } from './fixtures.ts'

const settling = (settlements: FakeSettlements, chunkSize: number) => {
  const log = keepingLog()
  return { settle: settleOwed({ settlements, chunkSize, log }), log }
}

describe('settling what is owed', () => {
  test('with nothing owed it runs one statement and waits for no placement', async () => {
    const database = new FakeSettlements(0, 0)
    expect(await settling(database, 10).settle()).toEqual({ events: 0, bets: 0 })
    expect(database.steps).toEqual(['owed'])
  })

  test('reads the owed settlements, then waits for placements, then settles bets', async () => {
    const database = new FakeSettlements(2, 1)
    expect(await settling(database, 10).settle()).toEqual({ events: 2, bets: 2 })
    expect(database.steps).toEqual(['owed', 'await', 'chunk', 'finish'])
  })

  test.each([1, 2, 3, 5, 6, 7, 100])(
    'every bet is settled with chunks of %d, then the events are finished',
    async (size) => {
      const database = new FakeSettlements(2, 3)
      expect(await settling(database, size).settle()).toEqual({ events: 2, bets: 6 })
      expect(database.settled).toBe(6)
      expect(database.steps.at(-1)).toBe('finish')
      expect(database.steps.filter((step) => step === 'finish')).toHaveLength(1)
      expect(await database.owed()).toEqual([])
    },
  )

  test('logs all finished changes together, with the number of settled bets', async () => {
    const { settle, log } = settling(new FakeSettlements(2, 3), 10)
    await settle()
    const fields = { changes: ['m-0001:2', 'm-0002:2'], bets: 6 }
    expect(log.lines).toEqual([{ level: 'info', message: 'settled', fields }])
  })

  test('a change that arrives during the wait for placements stays owed', async () => {
    const database = new FakeSettlements(1, 2)
    database.onAwait = () => {
      for (const event of database.events) event.stateVersion = 3
    }
    const { settle } = settling(database, 10)
    await settle()
    expect(await database.owed()).toMatchObject([{ eventId: 'm-0001', stateVersion: 3 }])
    database.onAwait = () => {}
    expect(await settle()).toEqual({ events: 1, bets: 0 })
    expect(await database.owed()).toEqual([])
  })

  test('settles many events in groups of 500, two at a time, after one wait', async () => {
    const database = new FakeSettlements(1_001, 1)
    expect(await settling(database, 5_000).settle()).toEqual({ events: 1_001, bets: 1_001 })
    expect(database.steps.slice(0, 4)).toEqual(['owed', 'await', 'chunk', 'chunk'])
    expect(database.steps.filter((step) => step === 'finish')).toHaveLength(3)
    expect(database.finished.toSorted()).toEqual(database.events.map(({ eventId }) => eventId))
  })

  test('does not split few events: a statement would cost more than their bets', async () => {
    const database = new FakeSettlements(100, 1)
    await settling(database, 5_000).settle()
    expect(database.steps).toEqual(['owed', 'await', 'chunk', 'finish'])
  })
})

describe('a chunk that the database does not answer in time', () => {
  test('ends its round: the parallel statement finishes, and no other group starts', async () => {
    const database = new FakeSettlements(2_000, 1)
    database.failing = (chunk) => chunk === 1
    await expect(settling(database, 5_000).settle()).rejects.toThrow(DatabaseUnavailableError)
    expect(database.steps).toEqual(['owed', 'await', 'chunk', 'chunk', 'finish'])
    expect(database.settled).toBe(500)
  })

  test('ends the round incomplete; the next ones take half as many until all is done', async () => {
    const database = new FakeSettlements(1, 900)
    const { settle } = settling(database, 800)
    database.failing = (_chunk, size) => size > 400
    await expect(settle()).rejects.toThrow(DatabaseUnavailableError)
    expect(database.steps).not.toContain('finish')
    expect(await settle()).toEqual({ events: 1, bets: 900 })
    expect(database.sizes).toEqual([800, 400, 400, 400])

    for (const event of database.events) event.stateVersion = 3
    database.failing = () => false
    await settle()
    expect(database.sizes.slice(4)).toEqual([800, 800])
  })

  test('is halved repeatedly, but never below 100', async () => {
    const database = new FakeSettlements(1, 1)
    const { settle } = settling(database, 800)
    database.failing = () => true
    for (let round = 0; round < 6; round++)
      await expect(settle()).rejects.toThrow(DatabaseUnavailableError)
    expect(database.sizes).toEqual([800, 400, 200, 100, 100, 100])
  })

  test('keeps what earlier chunks settled: nothing is settled twice', async () => {
    const database = new FakeSettlements(1, 300)
    const { settle } = settling(database, 200)
    database.failing = (chunk) => chunk === 2
    await expect(settle()).rejects.toThrow(DatabaseUnavailableError)
    expect(database.settled).toBe(200)
    expect(await settle()).toEqual({ events: 1, bets: 100 })
  })

  test('any other error keeps the chunk size', async () => {
    const database = new FakeSettlements(1, 1)
    const { settle } = settling(database, 800)
    database.failing = (chunk) => {
      if (chunk === 1) throw new Error('a bug')
      return false
    }
    await expect(settle()).rejects.toThrow('a bug')
    await settle()
    expect(database.sizes).toEqual([800, 800])
  })
})

describe('placements that do not end', () => {
  let clock: ReturnType<typeof fakeClock> | undefined
  afterEach(() => clock?.restore())

  /** Each wait advances the clock by `msEach`. The pauses between waits are real, but short. */
  const waitingFor = (database: FakeSettlements, msEach: number) => {
    clock = fakeClock()
    const { advance } = clock
    database.onAwait = () => advance(msEach)
  }

  test('are waited for repeatedly for up to 5 s, and no session is terminated', async () => {
    const database = new FakeSettlements(1, 1)
    database.placing = 9
    waitingFor(database, 500)
    expect(await settling(database, 10).settle()).toEqual({ events: 1, bets: 1 })
    expect(database.steps.filter((step) => step === 'await')).toHaveLength(10)
    expect(database.terminated).toEqual([])
  })

  test('are terminated after 5 s and logged; then it settles', async () => {
    const database = new FakeSettlements(1, 1)
    database.placing = 1_000
    waitingFor(database, 500)
    const { settle, log } = settling(database, 10)
    expect(await settle()).toEqual({ events: 1, bets: 1 })
    expect(database.terminated).toEqual([5_000])
    // The eleventh wait is the first to end more than 5 s after the start.
    expect(database.steps.filter((step) => step === 'await')).toHaveLength(12)
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })
})

test('F39 a feed sync that fails ends the sessions that may hold it up', async () => {
  const settlements = new FakeSettlements(0, 0)
  const log = keepingLog()
  const fine = endingStuckSessions({ settlements, log }, async () => 'complete')
  expect(await fine()).toBe('complete')
  expect(settlements.terminated).toEqual([])
  const failure = new DatabaseUnavailableError()
  const failing = endingStuckSessions({ settlements, log }, () => Promise.reject(failure))
  await expect(failing()).rejects.toBe(failure)
  expect(settlements.terminated).toEqual([STUCK_AFTER_MS])
})
