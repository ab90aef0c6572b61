import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { BrokerUnavailableError, DONE, type MessageBroker } from '@bets/domain/message-broker'
import { DEAD_QUEUE, EVENT_QUEUE, LINE_EXCHANGE } from '@bets/domain/messages'
import {
  connected,
  eventually,
  message,
  messages,
  receive,
  TEST_TIMEOUT_MS,
  useRabbitMq,
  withChannel,
} from './rabbitmq.ts'

setDefaultTimeout(TEST_TIMEOUT_MS)
const { start, startConnected, openProxy, startBehindProxy } = useRabbitMq()

/** Publishes until it is confirmed, as the relay does, and waits until it has arrived. */
async function worksAgain(broker: MessageBroker, { ids }: { ids(): string[] }): Promise<void> {
  await eventually('a message is confirmed again', async () =>
    broker.publish([message('again')]).then(
      ([outcome]) => outcome === 'confirmed',
      () => false,
    ),
  )
  await eventually('it is consumed again', () => ids().includes('again'))
}

describe('F02 unknown outcomes', () => {
  test('a message that the broker nacks is unknown, not confirmed', async () => {
    const broker = await startConnected()
    await withChannel(async (channel) => {
      const full = await channel.assertQueue('', {
        exclusive: true,
        arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' },
      })
      await channel.bindQueue(full.queue, LINE_EXCHANGE, 'to.the.full.queue')
      const toFull = (id: string) => message(id, { routingKey: 'to.the.full.queue' })
      expect(await broker.publish([toFull('1')])).toEqual(['confirmed'])
      expect(await broker.publish([toFull('2'), message('3'), toFull('4')])).toEqual([
        'unknown',
        'confirmed',
        'unknown',
      ])
    })
  })

  test('a confirm lost with the connection is unknown at once', async () => {
    const { way, broker } = await startBehindProxy()
    way.freeze()
    const publishing = broker.publish(messages(3))
    way.cut()
    expect(await publishing).toEqual(['unknown', 'unknown', 'unknown'])
    await connected(broker)
  })

  test('a missing confirm is unknown after the time limit, which ends the connection', async () => {
    const { way, broker } = await startBehindProxy({ confirmTimeoutMs: 100 })
    way.freeze()
    const beganMs = performance.now()
    expect(await broker.publish(messages(2))).toEqual(['unknown', 'unknown'])
    expect(performance.now() - beganMs).toBeLessThan(3_000)
    await connected(broker)
    expect(await broker.publish(messages(2))).toEqual(['confirmed', 'confirmed'])
  })
})

describe('F05 recovery', () => {
  test('a queue deleted while consuming is recreated and consumed again', async () => {
    const broker = await startConnected()
    const line = await receive(broker)
    await withChannel((channel) => channel.deleteQueue(EVENT_QUEUE))
    await worksAgain(broker, line)
  })

  test('F12 a deleted dead-letter queue is recreated, and nothing is lost', async () => {
    const broker = await startConnected()
    const handled = new Set<string>()
    broker.subscribe({
      queue: EVENT_QUEUE,
      prefetch: 10,
      handle: async (batch) =>
        batch.map(({ id = '' }) => {
          if (id === 'bad') return { kind: 'dead', reason: 'bad' }
          handled.add(id)
          return DONE
        }),
    })
    await connected(broker)
    await withChannel((channel) => channel.deleteQueue(DEAD_QUEUE))
    const good = Array.from({ length: 50 }, (_, number) => message(`good-${number}`))
    await broker.publish([message('bad'), ...good])
    await eventually('the neighbours are handled', () => handled.size === 50)
    await eventually('the dead letter is kept', () =>
      withChannel(async (channel) => (await channel.checkQueue(DEAD_QUEUE)).messageCount === 1),
    )
  })

  test('a channel closed by the broker is reopened; messages on it are unknown', async () => {
    const broker = await startConnected()
    const line = await receive(broker)
    // Publishing to an exchange that does not exist makes RabbitMQ close the channel (404).
    expect(await broker.publish([message('lost', { exchange: 'no.such.exchange' })])).toEqual([
      'unknown',
    ])
    await worksAgain(broker, line)
  })

  test('a conflicting topology (406) is retried until it fits', async () => {
    await withChannel((channel) =>
      channel.assertExchange(LINE_EXCHANGE, 'direct', { durable: true }),
    )
    const broker = start()
    let connections = 0
    broker.onConnected(() => void connections++)
    await Bun.sleep(300)
    expect(broker.state).toBe('down')
    expect(connections).toBe(0)
    await withChannel((channel) => channel.deleteExchange(LINE_EXCHANGE))
    await connected(broker)
    expect(connections).toBe(1)
  })

  test('a cut connection is restored with its consumers, and listeners are called', async () => {
    const { way, broker } = await startBehindProxy()
    const line = await receive(broker)
    let connections = 0
    broker.onConnected(() => void connections++)
    expect(connections).toBe(1)
    way.cut()
    await eventually('the listener is called again', () => connections === 2)
    await worksAgain(broker, line)
  })

  test("F03 reconnects within 10 s of a broker's return", async () => {
    const { way, broker } = await startBehindProxy()
    const line = await receive(broker)
    await way.close()
    await eventually('it notices', () => broker.state === 'down')
    expect(await broker.publish([message('m-1')]).catch((error: Error) => error)).toBeInstanceOf(
      BrokerUnavailableError,
    )
    await Bun.sleep(500)
    await way.open()
    await worksAgain(broker, line)
  })

  test('messages unacknowledged at a cut are redelivered to the same handler', async () => {
    const { way, broker } = await startBehindProxy()
    const cut = Promise.withResolvers<void>()
    const line = await receive(broker, () => cut.promise)
    await broker.publish([message('m-1')])
    await eventually('it is being handled', () => line.received.length === 1)
    way.cut()
    await eventually('it notices', () => broker.state === 'down')
    cut.resolve()
    await eventually('it comes again', () => line.received.length >= 2)
    expect(line.ids()).toEqual(['m-1', 'm-1'])
    expect(line.received[1]?.redelivered).toBe(true)
  })
})

describe('F04 starting', () => {
  test('without a broker it is down, accepts subscriptions and refuses to publish', async () => {
    const broker = start({ url: 'amqp://127.0.0.1:1' })
    broker.subscribe({
      queue: EVENT_QUEUE,
      prefetch: 1,
      handle: async (batch) => batch.map(() => DONE),
    })
    let connections = 0
    broker.onConnected(() => void connections++)
    await Bun.sleep(200)
    expect(broker.state).toBe('down')
    expect(connections).toBe(0)
    expect(await broker.publish([message('m-1')]).catch((error: Error) => error)).toBeInstanceOf(
      BrokerUnavailableError,
    )
  })

  test('connects once the broker is up', async () => {
    const way = await openProxy()
    await way.close()
    const broker = start({ url: way.url })
    broker.subscribe({
      queue: EVENT_QUEUE,
      prefetch: 1,
      handle: async (batch) => batch.map(() => DONE),
    })
    await Bun.sleep(200)
    await way.open()
    await connected(broker)
  })
})
