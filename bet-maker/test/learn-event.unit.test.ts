import { describe, expect, test } from 'bun:test'
import { DatabaseUnavailableError, EventNotFoundError } from '@bets/domain/errors'
import type { SportingEvent } from '@bets/domain/event'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { learnEvent } from '../src/application/learn-event.ts'
import { LineUnavailableError } from '../src/domain/errors.ts'

/** A line whose answers the test gives, and a copy that records what is applied. */
function setUp() {
  const asked: string[] = []
  const waiting = new Map<string, PromiseWithResolvers<SportingEvent | undefined>>()
  const applied: string[] = []
  let copyFails = false
  const learn = learnEvent({
    line: {
      event(eventId) {
        asked.push(eventId)
        const answer = Promise.withResolvers<SportingEvent | undefined>()
        waiting.set(eventId, answer)
        return answer.promise
      },
    },
    copy: {
      async apply(events) {
        if (copyFails) throw new DatabaseUnavailableError()
        applied.push(...events.map(({ eventId }) => eventId))
        return { owed: false, far: new Set() }
      },
    },
  })
  return {
    learn: (eventId: string) => learn(eventId, 'me'),
    learnFor: (client: string) => learn('m-1', client),
    asked,
    applied,
    answer: (eventId: string, event: SportingEvent | undefined) =>
      waiting.get(eventId)?.resolve(event),
    fail: (eventId: string, error: Error) => waiting.get(eventId)?.reject(error),
    breakCopy: () => {
      copyFails = true
    },
  }
}

describe('learning an unknown event', () => {
  test('requests and applies an event once for all waiting callers', async () => {
    const { learn, asked, applied, answer } = setUp()
    const all = Promise.all([learn('m-1'), learn('m-1'), learn('m-1')])
    expect(asked).toEqual(['m-1'])
    expect(applied).toEqual([])
    answer('m-1', sportingEvent('m-1'))
    await all
    expect(applied).toEqual(['m-1'])
  })

  test('requests different events concurrently', async () => {
    const { learn, asked, applied, answer } = setUp()
    const both = [learn('m-1'), learn('m-2')]
    expect(asked).toEqual(['m-1', 'm-2'])
    answer('m-2', sportingEvent('m-2'))
    await both[1]
    expect(applied).toEqual(['m-2'])
    answer('m-1', sportingEvent('m-1'))
    await both[0]
  })

  test('answers all callers that an event does not exist, and requests it next time', async () => {
    const { learn, asked, applied, answer } = setUp()
    const refused = Promise.allSettled([learn('m-1'), learn('m-1')])
    answer('m-1', undefined)
    for (const result of await refused)
      expect(result).toHaveProperty('reason', new EventNotFoundError())

    const learnt = learn('m-1')
    expect(asked).toEqual(['m-1', 'm-1'])
    answer('m-1', sportingEvent('m-1'))
    await learnt
    expect(applied).toEqual(['m-1'])
  })

  test('fails while line-provider is unavailable, and requests again next time', async () => {
    const { learn, asked, answer, fail } = setUp()
    const refused = learn('m-1')
    fail('m-1', new LineUnavailableError())
    await expect(refused).rejects.toThrow(LineUnavailableError)
    const learnt = learn('m-1')
    answer('m-1', sportingEvent('m-1'))
    await learnt
    expect(asked).toHaveLength(2)
  })

  test('fails if the copy cannot apply the event', async () => {
    const { learn, answer, breakCopy } = setUp()
    breakCopy()
    const refused = learn('m-1')
    answer('m-1', sportingEvent('m-1'))
    await expect(refused).rejects.toThrow(DatabaseUnavailableError)
  })

  test('clients share no lookups: none waits in the place of another', async () => {
    const { learnFor, asked, applied, answer } = setUp()
    const mine = learnFor('me')
    const theirs = learnFor('another')
    expect(asked).toEqual(['m-1', 'm-1'])
    answer('m-1', sportingEvent('m-1'))
    await theirs
    expect(applied).toEqual(['m-1'])
    void mine
  })
})
