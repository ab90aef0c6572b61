import { expect, setDefaultTimeout, test } from 'bun:test'
import { AGAIN, DONE, type MessageBroker } from '@bets/domain/message-broker'
import {
  DEAD_EXCHANGE,
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import { connect, type GetMessage } from 'amqplib'
import {
  brokerUrl,
  connected,
  eventually,
  TEST_TIMEOUT_MS,
  useRabbitMq,
  withChannel,
} from './rabbitmq.ts'

setDefaultTimeout(TEST_TIMEOUT_MS)
const { startConnected, startBehindProxy } = useRabbitMq()
/** The first delivery and those of the queue's delivery limit. */
const DELIVERIES = 21

/** So many that RabbitMQ does not handle all acknowledgements at once. */
const GOOD = 150

/** Consumes. Messages that say "bad" are bad. Counts the deliveries of each good one. */
function sort(broker: MessageBroker) {
  const times = new Map<string, number>()
  broker.subscribe({
    queue: EVENT_QUEUE,
    prefetch: 200,
    handle: async (batch) =>
      batch.map(({ body }) => {
        const text = body.toString()
        if (text.startsWith('bad')) return { kind: 'dead', reason: 'it is bad' }
        times.set(text, (times.get(text) ?? 0) + 1)
        return DONE
      }),
  })
  return times
}

/** Publishes before there is a consumer, so that all are one batch. */
async function send(
  messages: { body: string; messageId?: string; headers?: object }[],
): Promise<void> {
  const connection = await connect(brokerUrl())
  const channel = await connection.createConfirmChannel()
  for (const { body, messageId, headers } of messages)
    channel.publish(LINE_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from(body), {
      ...(messageId === undefined ? {} : { messageId }),
      headers,
    })
  await channel.waitForConfirms()
  await connection.close()
}

const good = () => Array.from({ length: GOOD }, (_, number) => ({ body: `good-${number}` }))
const waiting = (queue: string) =>
  withChannel(async (channel) => (await channel.checkQueue(queue)).messageCount)
const takeDead = () =>
  withChannel(async (channel) => {
    const letters: GetMessage[] = []
    for (;;) {
      const letter = await channel.get(DEAD_QUEUE, { noAck: true })
      if (letter === false) return letters
      letters.push(letter)
    }
  })

/**
 * amqplib can only send text as UTF-8, so the test replaces a character by an invalid byte on the
 * wire.
 */
const NO_UTF8 = 'Q'.repeat(200)
function withoutUtf8(write: (chunk: Buffer) => boolean) {
  return (chunk: Buffer) => {
    for (let at = chunk.indexOf(NO_UTF8); at >= 0; at = chunk.indexOf(NO_UTF8))
      chunk.fill(0xff, at, at + 200)
    return write(chunk)
  }
}

test('F12 a message that cannot be re-encoded is dead-lettered without headers', async () => {
  const broker = await startConnected()
  const connection = await connect(brokerUrl())
  const { stream } = connection.connection as unknown as {
    stream: { write(chunk: Buffer): boolean }
  }
  stream.write = withoutUtf8(stream.write.bind(stream))
  const channel = await connection.createConfirmChannel()
  const publish = (body: string, options: object) =>
    channel.publish(LINE_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from(body), options)
  publish('bad-least', {
    messageId: 'least',
    headers: { least: { '!': 'float64', value: -1e300 } },
  })
  publish('bad-large', { messageId: 'large', headers: { large: 'x'.repeat(65_480) } })
  publish('bad-id', { messageId: NO_UTF8 })
  publish('bad-name', { messageId: 'name', headers: { [NO_UTF8]: 1 } })
  for (const { body } of good()) publish(body, {})
  await channel.waitForConfirms()
  await connection.close()

  const times = sort(broker)
  await eventually('the good ones are handled', () => times.size === GOOD)
  await eventually('the bad ones are dead-lettered', () => broker.deadLettered === 4)
  await connected(broker)
  const letters = await takeDead()
  expect(letters.map(({ content }) => content.toString())).toEqual([
    'bad-least',
    'bad-large',
    'bad-id',
    'bad-name',
  ])
  for (const { fields, properties } of letters) {
    expect(fields.routingKey).toBe(EVENT_CHANGED_KEY)
    // The last is RabbitMQ's.
    const names = Object.keys(properties.headers ?? {}).filter(
      (name) => name !== 'x-delivery-count',
    )
    expect(names.toSorted()).toEqual(['x-dead-at', 'x-dead-reason'])
    expect(properties.headers?.['x-dead-reason']).toBe('it is bad')
  }
  expect(letters.map(({ properties }) => properties.messageId)).toEqual([
    'least',
    'large',
    '\ufffd'.repeat(85),
    'name',
  ])
  expect(new Set(times.values())).toEqual(new Set([1]))
  expect(await waiting(EVENT_QUEUE)).toBe(0)
})

test('F12 a message that cannot be dead-lettered causes no redelivery of good ones', async () => {
  const broker = await startConnected({ reconnectMaxMs: 50 })
  // A full queue instead of the dead-letter queue: it rejects all that is published.
  await withChannel(async (channel) => {
    await channel.assertQueue('test.full', {
      durable: true,
      arguments: { 'x-queue-type': 'classic', 'x-max-length': 0, 'x-overflow': 'reject-publish' },
    })
    await channel.bindQueue('test.full', DEAD_EXCHANGE, '#')
  })
  try {
    // Bad ones among the good: one acknowledgement for many does not help.
    const mixed = good().flatMap(({ body }, number) =>
      number % 5 === 0 ? [{ body: `bad-${number}` }, { body }] : [{ body }],
    )
    await send(mixed)
    const times = sort(broker)
    await eventually('the good ones are handled', () => times.size === GOOD)
    // Several connections, each of which is closed.
    await Bun.sleep(1_500)
    expect(broker.deadLettered).toBe(0)
    expect(new Set(times.values())).toEqual(new Set([1]))
  } finally {
    await withChannel((channel) => channel.deleteQueue('test.full'))
  }
  // Each try has left a letter in the queue that was not full; RabbitMQ may have dropped some.
  await eventually('the queue is empty', async () => (await waiting(EVENT_QUEUE)) === 0)
  expect(new Set(beginnings(await takeDead()))).toEqual(new Set(['bad-']))
})

test.each([
  ['ends each worker that gets it', (cut: () => void) => cut()],
  ['is never applied in time', () => {}],
])('F63 a message that %s becomes a dead letter', async (_what, end) => {
  const { way, broker } = await startBehindProxy({ reconnectMaxMs: 20 })
  let deliveries = 0
  broker.subscribe({
    queue: EVENT_QUEUE,
    prefetch: 10,
    handle: async (batch) => {
      deliveries += batch.length
      end(() => way.cut())
      return batch.map(() => AGAIN)
    },
  })
  await send([{ body: 'poison' }])
  await eventually('it is dead-lettered', async () => (await waiting(DEAD_QUEUE)) === 1, 20_000)
  const [letter] = await takeDead()
  expect(letter?.properties.headers?.['x-first-death-reason']).toBe('delivery_limit')
  expect(deliveries).toBe(DELIVERIES)
})

const beginnings = (letters: GetMessage[]) =>
  letters.map(({ content }) => content.toString().slice(0, 4))
