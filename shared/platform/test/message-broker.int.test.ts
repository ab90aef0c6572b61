import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import {
  AGAIN,
  BrokerUnavailableError,
  DONE,
  type IncomingMessage,
  type MessageBroker,
  type Verdict,
} from '@bets/domain/message-broker'
import {
  BET_MAKER_TOPOLOGY,
  DEAD_QUEUE,
  EVENT_QUEUE,
  MAX_MESSAGE_BYTES,
} from '@bets/domain/messages'
import { MemoryBroker } from '../src/broker/memory-broker.ts'
import {
  cleanRabbitMq,
  connected,
  eventually,
  idsOf,
  message,
  messages,
  rabbitMqBroker,
  TEST_TIMEOUT_MS,
  withChannel,
} from './rabbitmq.ts'

setDefaultTimeout(TEST_TIMEOUT_MS)

interface DeadLetter {
  id: string | undefined
  body: string
  reason: string
}

interface Implementation {
  create(): Promise<MessageBroker>
  deadLetters(broker: MessageBroker): Promise<DeadLetter[]>
}

const memory: Implementation = {
  create: async () => new MemoryBroker(BET_MAKER_TOPOLOGY),
  deadLetters: async (broker) =>
    (broker as MemoryBroker).deadLetters.map(({ message, reason }) => ({
      id: message.id,
      body: message.body.toString(),
      reason,
    })),
}

const rabbitMq: Implementation = {
  async create() {
    await cleanRabbitMq()
    const broker = rabbitMqBroker()
    await connected(broker)
    return broker
  },
  deadLetters: () =>
    withChannel(async (channel) => {
      const found: DeadLetter[] = []
      for (;;) {
        const dead = await channel.get(DEAD_QUEUE, { noAck: true })
        if (dead === false) return found
        const { messageId, headers } = dead.properties
        const body = dead.content.toString()
        found.push({ id: messageId, body, reason: headers?.['x-dead-reason'] })
      }
    }),
}

describe.each([
  ['MemoryBroker', memory],
  ['RabbitMqBroker', rabbitMq],
] as const)('%s', (_name, { create, deadLetters }) => {
  let line: MessageBroker
  beforeEach(async () => {
    line = await create()
  })
  // In some tests for the second time, which must be harmless.
  afterEach(() => line.close())

  /** Subscribes and records every batch. `handle` decides the verdicts. */
  function receive(
    handle: (batch: readonly IncomingMessage[]) => Promise<readonly Verdict[]> = async (batch) =>
      batch.map(() => DONE),
    prefetch = 200,
  ) {
    const batches: IncomingMessage[][] = []
    line.subscribe({
      queue: EVENT_QUEUE,
      prefetch,
      handle(batch) {
        batches.push([...batch])
        return handle(batch)
      },
    })
    // Sorted, because the port does not guarantee any order.
    return { batches, ids: () => idsOf(batches.flat()).sort() }
  }
  const came = (received: { ids(): string[] }, count: number) =>
    eventually(`${count} messages arrive`, () => received.ids().length >= count)

  /** A new subscription makes RabbitMQ reconnect. */
  const subscribed = () => eventually('the subscription is up', () => line.state === 'up')

  test('a confirmed message is delivered, with its id and its body byte for byte', async () => {
    const received = receive()
    await subscribed()
    const body = '{"message_type":"event","data":"🏆 é \\u0000"}'
    expect(await line.publish([message('m-1:3', { body })])).toEqual(['confirmed'])
    await came(received, 1)
    const [first] = received.batches.flat()
    expect(first).toMatchObject({ id: 'm-1:3', redelivered: false })
    expect(first?.body.toString()).toBe(body)
  })

  test('messages published before the subscription are delivered to it', async () => {
    await line.publish(messages(3))
    const received = receive()
    await came(received, 3)
    expect(received.ids()).toEqual(['m-0', 'm-1', 'm-2'])
  })

  test('an unroutable message is returned, the others are confirmed', async () => {
    const received = receive()
    await subscribed()
    const outcomes = await line.publish([
      message('a'),
      message('b', { routingKey: 'nobody.listens' }),
      message('c'),
    ])
    expect(outcomes).toEqual(['confirmed', 'returned', 'confirmed'])
    expect(await line.publish([])).toEqual([])
    await came(received, 2)
    expect(received.ids()).toEqual(['a', 'c'])
  })

  test('many messages in one call are all confirmed and delivered once', async () => {
    const received = receive()
    await subscribed()
    const sent = messages(1_000)
    expect(new Set(await line.publish(sent))).toEqual(new Set(['confirmed']))
    await came(received, sent.length)
    expect(received.ids()).toEqual(idsOf(sent).sort())
  })

  test('concurrent callers get their own outcomes, even with equal message ids', async () => {
    await subscribed()
    const calls = Array.from({ length: 20 }, () => [
      message('same'),
      message('same', { routingKey: 'nobody.listens' }),
    ])
    for (const outcomes of await Promise.all(calls.map((call) => line.publish(call))))
      expect(outcomes).toEqual(['confirmed', 'returned'])
  })

  test('batches of one subscription never overlap and are at most prefetch long', async () => {
    let handling = 0
    let most = 0
    const received = receive(async (batch) => {
      most = Math.max(most, ++handling)
      await Bun.sleep(1)
      handling--
      return batch.map(() => DONE)
    }, 7)
    await subscribed()
    // Several calls, so that messages also arrive while a batch is being handled.
    await Promise.all(
      [0, 1, 2, 3].map((call) =>
        line.publish(messages(25).map(({ id }) => message(`${call}-${id}`))),
      ),
    )
    await came(received, 100)
    expect(most).toBe(1)
    expect(Math.max(...received.batches.map(({ length }) => length))).toBeWithin(2, 8)
    expect(new Set(received.ids()).size).toBe(100)
  })

  test('a handler that rejects gets the same messages again first, and no others', async () => {
    const done: string[] = []
    let rejections = 2
    const received = receive(async (batch) => {
      if (rejections-- > 0) throw new Error('the database is down')
      done.push(...idsOf(batch))
      return batch.map(() => DONE)
    })
    await subscribed()
    await line.publish(messages(5))
    await eventually('all are done', () => done.length >= 5)
    const [first = [], second = [], third = []] = received.batches
    expect(first.length).toBeGreaterThan(0)
    expect(idsOf(second).slice(0, first.length)).toEqual(idsOf(first))
    expect(idsOf(third).slice(0, first.length)).toEqual(idsOf(first))
    await line.publish([message('last')])
    await eventually('the last one is done', () => done.includes('last'))
    expect(done.sort()).toEqual(['last', ...idsOf(messages(5))])
    expect(await deadLetters(line)).toEqual([])
  })

  test('a message with the verdict dead is dead-lettered; its neighbours are done', async () => {
    const received = receive(async (batch) =>
      batch.map(({ id }) => (id === 'bad' ? { kind: 'dead', reason: 'not JSON in UTF-8' } : DONE)),
    )
    await subscribed()
    await line.publish([message('good'), message('bad', { body: '{"half' }), message('better')])
    await came(received, 3)
    const dead: DeadLetter[] = []
    await eventually('there is a dead letter', async () => {
      dead.push(...(await deadLetters(line)))
      return dead.length > 0
    })
    expect(dead).toEqual([{ id: 'bad', body: '{"half', reason: 'not JSON in UTF-8' }])
    await eventually('it is counted', () => line.deadLettered === 1)
    await line.publish([message('next')])
    await came(received, 4)
    expect(received.ids()).toEqual(['bad', 'better', 'good', 'next'])
  })

  test('F51 a message above the limit of its queue is dead-lettered whole, unseen', async () => {
    const received = receive()
    await subscribed()
    const body = 'x'.repeat(MAX_MESSAGE_BYTES + 1)
    const largest = message('largest', { body: body.slice(1) })
    await line.publish([message('too-large', { body }), largest, message('next')])
    await came(received, 2)
    expect(received.ids()).toEqual(['largest', 'next'])
    const dead: DeadLetter[] = []
    await eventually('there is a dead letter', async () => {
      dead.push(...(await deadLetters(line)))
      return dead.length > 0
    })
    expect(dead.map(({ id, body }) => [id, body.length])).toEqual([['too-large', body.length]])
    expect(line.deadLettered).toBe(1)
  })

  test('F52 a message with the verdict again comes again; its neighbours are done', async () => {
    let refusals = 1
    const received = receive(async (batch) =>
      batch.map(({ id }) => (id === 'slow' && refusals-- > 0 ? AGAIN : DONE)),
    )
    await subscribed()
    await line.publish([message('good'), message('slow'), message('better')])
    await came(received, 4)
    expect(received.ids()).toEqual(['better', 'good', 'slow', 'slow'])
    const again = received.batches.flat().filter(({ id }) => id === 'slow')
    expect(again.map(({ redelivered }) => redelivered)).toEqual([false, true])
    expect(await deadLetters(line)).toEqual([])
  })

  test('listeners are called on connection, at once if already connected', async () => {
    await subscribed()
    let calls = 0
    line.onConnected(() => void calls++)
    expect(calls).toBe(1)
  })

  test('closing lets the current batch finish and accepts no more', async () => {
    const handling = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    let finished = false
    const received = receive(async (batch) => {
      handling.resolve()
      await finish.promise
      finished = true
      return batch.map(() => DONE)
    })
    await subscribed()
    await line.publish([message('m-0')])
    await handling.promise
    await line.publish([message('m-1'), message('m-2')])
    // Long enough for them to arrive, and to wait behind the current batch.
    await Bun.sleep(50)
    const closing = line.close().then(() => finished)
    finish.resolve()
    expect(await closing).toBe(true)
    expect(received.ids()).toEqual(['m-0'])
  })

  test('after closing it is down, and publishing rejects', async () => {
    await line.close()
    expect(line.state).toBe('down')
    await expect(line.publish([message('m-1')])).rejects.toBeInstanceOf(BrokerUnavailableError)
  })
})
