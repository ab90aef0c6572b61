import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { DEAD_QUEUE, EVENT_CHANGED_KEY, EVENT_QUEUE, LINE_EXCHANGE } from '@bets/domain/messages'
import {
  brokerUrl,
  connected,
  eventually,
  idsOf,
  message,
  messages,
  rabbitMqBroker,
  receive,
  TEST_TIMEOUT_MS,
  useRabbitMq,
  withChannel,
} from './rabbitmq.ts'

setDefaultTimeout(TEST_TIMEOUT_MS)
const { start, startConnected, startBehindProxy } = useRabbitMq()

describe('the messages on the wire', () => {
  test('a message is persistent and carries its id, type, time and media type', async () => {
    const broker = await startConnected()
    const beforeSeconds = Math.floor(Date.now() / 1000)
    await broker.publish([message('m-1:3')])
    const sent = await withChannel((channel) => channel.get(EVENT_QUEUE, { noAck: true }))
    if (sent === false) throw new Error('There is no message.')
    expect(sent.fields).toMatchObject({ exchange: LINE_EXCHANGE, routingKey: EVENT_CHANGED_KEY })
    const { messageId, type, deliveryMode, contentType, timestamp } = sent.properties
    expect({ messageId, type, deliveryMode, contentType }).toEqual({
      messageId: 'm-1:3',
      type: 'event',
      deliveryMode: 2,
      contentType: 'application/json',
    })
    expect(timestamp).toBeGreaterThanOrEqual(beforeSeconds)
    expect(timestamp).toBeLessThanOrEqual(Date.now() / 1000)
  })

  test('a dead letter keeps id, body and routing key, with its x-dead-reason', async () => {
    const broker = await startConnected()
    broker.subscribe({
      queue: EVENT_QUEUE,
      prefetch: 10,
      handle: async (batch) => batch.map(() => ({ kind: 'dead', reason: 'not an event' })),
    })
    await connected(broker)
    await broker.publish([message('m-1')])
    await eventually('there is a dead letter', () =>
      withChannel(async (channel) => {
        const dead = await channel.get(DEAD_QUEUE)
        if (dead === false) return false
        expect(dead.content.toString()).toBe('{"id":"m-1"}')
        expect(dead.fields.routingKey).toBe(EVENT_CHANGED_KEY)
        expect(dead.properties).toMatchObject({ messageId: 'm-1', type: 'event', deliveryMode: 2 })
        expect(dead.properties.headers).toMatchObject({ 'x-dead-reason': 'not an event' })
        return true
      }),
    )
  })
})

describe('consuming', () => {
  test('has at most prefetch unacknowledged messages; the others stay in the queue', async () => {
    const broker = await startConnected()
    const finish = Promise.withResolvers<void>()
    const line = await receive(broker, () => finish.promise, 2)
    await broker.publish(messages(5))
    try {
      await withChannel((channel) =>
        eventually(
          'two of five are held',
          async () => (await channel.checkQueue(EVENT_QUEUE)).messageCount === 3,
        ),
      )
    } finally {
      // Closing waits for the current batch: without this, a failure would show up as a timeout.
      finish.resolve()
    }
    await eventually('all are handled', () => line.received.length === 5)
  })
})

describe('closing', () => {
  test('exactly the unacknowledged messages go to the next consumer', async () => {
    const first = await startConnected()
    const handling = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    const line = await receive(
      first,
      async () => {
        handling.resolve()
        await finish.promise
      },
      2,
    )
    await first.publish(messages(5))
    await handling.promise
    const closing = first.close()
    finish.resolve()
    await closing
    const done = line.ids()
    expect(done.length).toBeLessThan(5)

    const next = await receive(await startConnected())
    await eventually('the rest arrives', () => next.received.length + done.length >= 5)
    // A little longer, because an acknowledged message must not be redelivered either.
    await Bun.sleep(100)
    expect([...done, ...next.ids()].sort()).toEqual(idsOf(messages(5)))
  })

  test('messages handled at the last moment are acknowledged, however many', async () => {
    const first = await startConnected()
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const line = await receive(first, () => gates.shift()?.promise ?? Promise.resolve())
    const [busy, last] = [...gates]
    // Keeps the handler busy until the others have arrived, so that they are one batch.
    await first.publish([message('busy')])
    await eventually('it is busy', () => line.received.length === 1)
    await first.publish(messages(150))
    await Bun.sleep(100)
    busy?.resolve()
    await eventually('the others are being handled', () => line.received.length === 151)
    const closing = first.close()
    // So nothing else is in flight when they are acknowledged.
    await Bun.sleep(100)
    last?.resolve()
    await closing
    const next = await receive(await startConnected())
    await Bun.sleep(200)
    expect(next.ids()).toEqual([])
  })

  test('ends quickly while RabbitMQ is unreachable', async () => {
    const broker = rabbitMqBroker({ url: 'amqp://127.0.0.1:1' })
    // Long enough for the pauses between tries to grow.
    await Bun.sleep(1_000)
    const beganMs = performance.now()
    await broker.close()
    expect(performance.now() - beganMs).toBeLessThan(1_000)
  })
})

test('F06 closing ends quickly on a half-open connection', async () => {
  const { way, broker } = await startBehindProxy()
  await receive(broker)
  way.freeze()
  const beganMs = performance.now()
  await broker.close()
  expect(performance.now() - beganMs).toBeLessThan(4_000)
})

describe('F22 a login', () => {
  const refusals = async (change: (url: URL) => void) => {
    const url = new URL(brokerUrl())
    change(url)
    let refused = 0
    const broker = start({ url: url.href, onRefused: () => void refused++ })
    await eventually('there is an answer', () => refused > 0 || broker.state === 'up')
    return refused
  }

  test.each([
    ['a wrong password', (url: URL) => void Object.assign(url, { password: 'wrong' })],
    ['a wrong user', (url: URL) => void Object.assign(url, { username: 'nobody' })],
    ['a wrong virtual host', (url: URL) => void Object.assign(url, { pathname: '/no-such-vhost' })],
  ])('with %s is reported as rejected', async (_what, change) => {
    expect(await refusals(change)).toBeGreaterThan(0)
  })

  test('that is correct is not reported', async () => {
    expect(await refusals(() => {})).toBe(0)
  })
})
