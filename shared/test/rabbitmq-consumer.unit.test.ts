import { expect, test } from 'bun:test'
import type { Channel, ConsumeMessage } from 'amqplib'
import { DONE, type PublishOutcome, type Verdict } from '../src/messaging/message-broker.ts'
import { RabbitMqConsumer } from '../src/messaging/rabbitmq-consumer.ts'
import type { RabbitMqPublisher } from '../src/messaging/rabbitmq-publisher.ts'
import { createLog } from '../src/runtime/log.ts'

/** A consumer on a channel that only keeps what is acknowledged on it; the test gives verdicts and confirms. */
async function consumerOf(handle: () => Promise<readonly Verdict[]>) {
  const acknowledged: string[] = []
  const deadLetter = Promise.withResolvers<PublishOutcome>()
  let deadLetters = 0
  let broken = 0
  let deliver: (message: ConsumeMessage) => void = () => {}
  const channel = {
    prefetch: async () => {},
    consume: async (_queue: string, onMessage: (message: ConsumeMessage) => void) => {
      deliver = onMessage
      return { consumerTag: 'tag' }
    },
    ack: ({ properties }: ConsumeMessage, upTo = false) =>
      void acknowledged.push(`${upTo ? 'up to ' : ''}${properties.messageId}`),
  }
  const publisher = {
    publish: () => {
      deadLetters++
      return deadLetter.promise
    },
  }
  const consumer = new RabbitMqConsumer(
    channel as unknown as Channel,
    publisher as unknown as RabbitMqPublisher,
    { queue: 'q', prefetch: 10, handle },
    createLog('test', 'silent'),
    {
      onBroken: () => {
        broken++
        consumer.abandon()
      },
      onDead: () => deadLetters,
    },
  )
  await consumer.start()
  const state = () => ({ acknowledged, deadLetters, broken })
  return { deliver: (id: string) => deliver(incoming(id)), deadLetter, state }
}

const incoming = (messageId: string) =>
  ({ content: Buffer.from('{}'), fields: { routingKey: 'k' }, properties: { messageId } }) as ConsumeMessage
/** Long enough for whatever does not wait for anything. */
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

test('F12 a dead letter is acknowledged once it is confirmed, not before; its neighbours need not wait', async () => {
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
