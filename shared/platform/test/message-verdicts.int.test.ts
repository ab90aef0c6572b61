import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { AGAIN, DONE } from '@bets/domain/message-broker'
import { MAX_MESSAGE_BYTES } from '@bets/domain/messages'
import { BROKERS, type DeadLetter, useBroker } from './each-broker.ts'
import { eventually, idsOf, message, messages, TEST_TIMEOUT_MS } from './rabbitmq.ts'

setDefaultTimeout(TEST_TIMEOUT_MS)

describe.each(BROKERS)('%s', (_name, implementation) => {
  const { line, receive, came, subscribed } = useBroker(implementation)
  const { deadLetters } = implementation

  test('a handler that rejects gets the same messages again first, and no others', async () => {
    const done: string[] = []
    let rejections = 2
    const received = receive(async (batch) => {
      if (rejections-- > 0) throw new Error('the database is down')
      done.push(...idsOf(batch))
      return batch.map(() => DONE)
    })
    await subscribed()
    await line().publish(messages(5))
    await eventually('all are done', () => done.length >= 5)
    const [first = [], second = [], third = []] = received.batches
    expect(first.length).toBeGreaterThan(0)
    expect(idsOf(second).slice(0, first.length)).toEqual(idsOf(first))
    expect(idsOf(third).slice(0, first.length)).toEqual(idsOf(first))
    await line().publish([message('last')])
    await eventually('the last one is done', () => done.includes('last'))
    expect(done.sort()).toEqual(['last', ...idsOf(messages(5))])
    expect(await deadLetters(line())).toEqual([])
  })

  test('a message with the verdict dead is dead-lettered; its neighbours are done', async () => {
    const received = receive(async (batch) =>
      batch.map(({ id }) => (id === 'bad' ? { kind: 'dead', reason: 'not JSON in UTF-8' } : DONE)),
    )
    await subscribed()
    await line().publish([message('good'), message('bad', { body: '{"half' }), message('better')])
    await came(received, 3)
    const dead: DeadLetter[] = []
    await eventually('there is a dead letter', async () => {
      dead.push(...(await deadLetters(line())))
      return dead.length > 0
    })
    expect(dead).toEqual([{ id: 'bad', body: '{"half', reason: 'not JSON in UTF-8' }])
    await eventually('it is counted', () => line().deadLettered === 1)
    await line().publish([message('next')])
    await came(received, 4)
    expect(received.ids()).toEqual(['bad', 'better', 'good', 'next'])
  })

  test('F51 a message above the limit of its queue is dead-lettered whole, unseen', async () => {
    const received = receive()
    await subscribed()
    const body = 'x'.repeat(MAX_MESSAGE_BYTES + 1)
    const largest = message('largest', { body: body.slice(1) })
    await line().publish([message('too-large', { body }), largest, message('next')])
    await came(received, 2)
    expect(received.ids()).toEqual(['largest', 'next'])
    const dead: DeadLetter[] = []
    await eventually('there is a dead letter', async () => {
      dead.push(...(await deadLetters(line())))
      return dead.length > 0
    })
    expect(dead.map(({ id, body }) => [id, body.length])).toEqual([['too-large', body.length]])
    expect(line().deadLettered).toBe(1)
  })

  test('F52 a message with the verdict again comes again; its neighbours are done', async () => {
    let refusals = 1
    const received = receive(async (batch) =>
      batch.map(({ id }) => (id === 'slow' && refusals-- > 0 ? AGAIN : DONE)),
    )
    await subscribed()
    await line().publish([message('good'), message('slow'), message('better')])
    await came(received, 4)
    expect(received.ids()).toEqual(['better', 'good', 'slow', 'slow'])
    const again = received.batches.flat().filter(({ id }) => id === 'slow')
    expect(again.map(({ redelivered }) => redelivered)).toEqual([false, true])
    expect(await deadLetters(line())).toEqual([])
  })
})
