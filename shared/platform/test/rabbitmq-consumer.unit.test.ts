import { expect, test } from 'bun:test'
import { AGAIN, DONE, type Verdict } from '@bets/domain/message-broker'
import type { Channel, ConsumeMessage } from 'amqplib'
import { RabbitMqConsumer } from '../src/broker/rabbitmq-consumer.ts'
import type { RabbitMqPublisher, SendOutcome } from '../src/broker/rabbitmq-publisher.ts'
import { createLog } from '../src/process/log.ts'

/** A consumer on a channel that records acknowledgements. The test gives verdicts and confirms. */
async function consumerOf(
  handle: () => Promise<readonly Verdict[]>,
  log = createLog('test', 'silent'),
) {
  const acknowledged: string[] = []
  const deadLetter = Promise.withResolvers<SendOutcome>()
  let deadLetters = 0
  const asked: string[] = []
  /** Delivered before RabbitMQ answers a cancellation. */
  const onTheWay: string[] = []
  let broken = 0
  let deliver: (message: ConsumeMessage) => void = () => {}
  const channel = {
    prefetch: async () => {},
    cancel: async () => {
      for (const id of onTheWay.splice(0)) deliver(incoming(id))
      asked.push('to cancel')
    },
    get: async () => void asked.push('to get'),
    checkQueue: async () => void asked.push('to answer'),
    consume: async (_queue: string, onMessage: (message: ConsumeMessage) => void) => {
      deliver = onMessage
      return { consumerTag: 'tag' }
    },
    ack: ({ properties }: ConsumeMessage, upTo = false) =>
      void acknowledged.push(`${upTo ? 'up to ' : ''}${properties.messageId}`),
    reject: ({ properties }: ConsumeMessage, requeue: boolean) =>
      void acknowledged.push(`${requeue ? 'again' : 'never'} ${properties.messageId}`),
  }
  const block = Promise.withResolvers<void>()
  const publisher = {
    openSinceMs: 0 as number | undefined,
    blocked: () => block.promise,
    unblocked: async () => {},
    publish: () => {
      deadLetters++
      return deadLetter.promise
    },
  }
  const consumer = new RabbitMqConsumer(
    channel as unknown as Channel,
    publisher as unknown as RabbitMqPublisher,
    { queue: 'q', prefetch: 10, handle },
    { log, confirmTimeoutMs: 50, deadLetterExchange: 'dead', maxMessageBytes: 100 },
    {
      onBroken: () => {
        broken++
        asked.push('to connect anew')
        consumer.abandon()
      },
      onDeadLettered: () => deadLetters,
    },
  )
  await consumer.start()
  const state = () => ({ acknowledged, deadLetters, broken })
  const setBlocked = () => {
    publisher.openSinceMs = undefined
    block.resolve()
  }
  return {
    deliver: (id: string) => deliver(incoming(id)),
    deadLetter,
    asked,
    onTheWay,
    state,
    consumer,
    setBlocked,
  }
}

const incoming = (messageId: string) =>
  ({
    content: Buffer.from('{}'),
    fields: { routingKey: 'k' },
    properties: { messageId },
  }) as ConsumeMessage
/** Long enough for everything that need not wait. */
const settled = () => Bun.sleep(5)
const BAD: Verdict = { kind: 'dead', reason: 'bad' }

test('F07 messages are acknowledged after their verdicts, not before', async () => {
  const verdicts = Promise.withResolvers<readonly Verdict[]>()
  const { deliver, state } = await consumerOf(() => verdicts.promise)
  deliver('a')
  deliver('b')
  await settled()
  expect(state().acknowledged).toEqual([])
  verdicts.resolve([DONE, DONE])
  await settled()
  expect(state().acknowledged).toEqual(['up to b'])
})

test('F12 a dead letter is acknowledged only once confirmed; others do not wait', async () => {
  const { deliver, deadLetter, state } = await consumerOf(async () => [BAD, DONE])
  deliver('bad')
  deliver('good')
  await settled()
  expect(state()).toEqual({ acknowledged: ['good'], deadLetters: 1, broken: 0 })
  deadLetter.resolve('confirmed')
  await settled()
  expect(state()).toEqual({ acknowledged: ['good', 'bad'], deadLetters: 1, broken: 0 })
})

test.each(['returned', 'unknown'] as const)(
  'F12 a dead letter that was %s is not acknowledged, and the connection is given up',
  async (outcome) => {
    const { deliver, deadLetter, state } = await consumerOf(async () => [BAD])
    deliver('bad')
    deadLetter.resolve(outcome)
    await settled()
    expect(state()).toEqual({ acknowledged: [], deadLetters: 1, broken: 1 })
  },
)

test('F12 a dead letter without a confirm times out, unless publishers are blocked', async () => {
  const heard = await consumerOf(async () => [BAD])
  heard.deliver('bad')
  await Bun.sleep(150)
  expect(heard.state()).toEqual({ acknowledged: [], deadLetters: 1, broken: 1 })

  const { deliver, deadLetter, state, setBlocked } = await consumerOf(async () => [BAD])
  deliver('bad')
  await settled()
  setBlocked()
  await Bun.sleep(150)
  expect(state()).toEqual({ acknowledged: [], deadLetters: 1, broken: 0 })
  deadLetter.resolve('confirmed')
  await settled()
  expect(state()).toEqual({ acknowledged: ['bad'], deadLetters: 1, broken: 0 })
})

test('F12 a channel is closed only after RabbitMQ has processed its acknowledgements', async () => {
  const { deliver, deadLetter, asked, state } = await consumerOf(async () => [DONE, BAD, DONE])
  deadLetter.resolve('unencodable')
  for (const id of ['good', 'bad', 'better']) deliver(id)
  await settled()
  expect(state().acknowledged).toEqual(['up to good', 'better'])
  expect(asked).toEqual(['to cancel', 'to get', 'to answer', 'to connect anew'])
})

test('F12 good messages on their way are handled before a connection is given up', async () => {
  const verdicts = [[BAD], [DONE, BAD, DONE]]
  const { deliver, deadLetter, onTheWay, asked, state } = await consumerOf(
    async () => verdicts.shift() as Verdict[],
  )
  onTheWay.push('good', 'bad too', 'better')
  deadLetter.resolve('returned')
  deliver('bad')
  await settled()
  expect(state()).toEqual({ acknowledged: ['good', 'better'], deadLetters: 1, broken: 1 })
  expect(asked.at(-1)).toBe('to connect anew')
})

// RabbitMQ 4.3 counts a rejected message as delivered, but not one with a negative acknowledgement.
test('F63 a message to be delivered again is rejected, which all versions count', async () => {
  const { deliver, state } = await consumerOf(async () => [DONE, AGAIN])
  deliver('good')
  deliver('slow')
  await settled()
  expect(state().acknowledged).toEqual(['up to good', 'again slow'])
})

test('F06 good messages continue while bad ones are held, unacknowledged', async () => {
  const verdicts = [[BAD], [DONE, DONE]]
  const { deliver, state, setBlocked } = await consumerOf(async () => verdicts.shift() as Verdict[])
  deliver('bad')
  await settled()
  setBlocked()
  deliver('good')
  deliver('better')
  await settled()
  expect(state()).toEqual({ acknowledged: ['good', 'better'], deadLetters: 1, broken: 0 })
})

test('stopping does not wait for the retry of a failed batch', async () => {
  const longPause = Promise.withResolvers<void>()
  const log = createLog('test', 'warn', (line) => {
    if (JSON.parse(line).delayMs >= 1_600) longPause.resolve()
  })
  const { deliver, consumer } = await consumerOf(
    () => Promise.reject(new Error('no database')),
    log,
  )
  deliver('good')
  await longPause.promise
  const beganMs = performance.now()
  await consumer.stop()
  expect(performance.now() - beganMs).toBeLessThan(400)
}, 10_000)
