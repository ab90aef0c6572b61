import { afterAll, beforeAll, expect, test } from 'bun:test'
import { DONE } from '@bets/domain/message-broker'
import {
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
  MAX_MESSAGE_BYTES,
} from '@bets/domain/messages'
import { type ConfirmChannel, connect, type GetMessage } from 'amqplib'
import {
  type PrivateRabbitMq,
  startPrivateRabbitMq,
} from '../../../dev/services/private-rabbitmq.ts'
import { connected, eventually, rabbitMqBroker } from './rabbitmq.ts'

const PREFETCH = 10
/** The smallest frames that RabbitMQ 4.1 and later allow, and fewer channels than by default. */
const LOW_LIMITS = 'frame_max = 8192\nchannel_max = 4\n'

let rabbitmq: PrivateRabbitMq
// A private broker, because it gets a user and settings, and runs out of memory.
beforeAll(async () => {
  rabbitmq = await startPrivateRabbitMq({ configuration: LOW_LIMITS })
}, 60_000)
afterAll(() => rabbitmq.remove())

const starve = () => rabbitmq.control('set_vm_memory_high_watermark', '0.0000001')
const feed = () => rabbitmq.control('set_vm_memory_high_watermark', '0.4')

/**
 * Enqueues messages while publishers are blocked: RabbitMQ still routes what was published before
 * the alarm.
 */
async function withWaiting(
  bodies: readonly string[],
  use: (channel: ConfirmChannel) => Promise<void>,
) {
  const connection = await connect(rabbitmq.url)
  try {
    const channel = await connection.createConfirmChannel()
    for (const body of bodies) channel.publish(LINE_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from(body))
    await channel.waitForConfirms()
    await use(channel)
  } finally {
    await connection.close()
  }
}

test('F61 user, password and virtual host may have any characters, percent-encoded', async () => {
  const [user, password, vhost] = ['zoë', 'pä %ß/终:@', 'büro/ž']
  await rabbitmq.control('add_user', user, password)
  await rabbitmq.control('add_vhost', vhost)
  await rabbitmq.control('set_permissions', '-p', vhost, user, '.*', '.*', '.*')
  const url = new URL(rabbitmq.url)
  url.username = encodeURIComponent(user)
  url.password = encodeURIComponent(password)
  url.pathname = `/${encodeURIComponent(vhost)}`
  const broker = rabbitMqBroker({ url: url.href })
  await connected(broker)
  await broker.close()
})

test('F64 dead letters without a route are kept until there is one', async () => {
  // How long RabbitMQ waits until it tries again: three minutes by default.
  await rabbitmq.control(
    'eval',
    'application:set_env(rabbit, dead_letter_worker_publisher_confirm_timeout, 500).',
  )
  const declare = async () => {
    const broker = rabbitMqBroker({ url: rabbitmq.url })
    await connected(broker)
    await broker.close()
  }
  await declare()
  // As large as a message may be, so that it takes several frames.
  const bodies = ['a', 'b', 'c'].map((letter) => letter.repeat(MAX_MESSAGE_BYTES))
  await withWaiting(bodies, async (channel) => {
    await channel.deleteQueue(DEAD_QUEUE)
    for (const _ of bodies) channel.reject((await channel.get(EVENT_QUEUE)) as GetMessage, false)
    expect((await channel.checkQueue(EVENT_QUEUE)).messageCount).toBe(0)
    // Long enough for RabbitMQ to have tried, and to try again without a route.
    await Bun.sleep(1_000)
    await declare()
    const kept = async () => (await channel.checkQueue(DEAD_QUEUE)).messageCount === bodies.length
    await eventually('they are in the queue of dead letters', kept)
    for (const body of bodies) {
      const letter = (await channel.get(DEAD_QUEUE, { noAck: true })) as GetMessage
      expect(letter.content.toString()).toBe(body)
    }
  })
}, 30_000)

test('F06 F12 during a memory alarm bad messages are held, and good ones continue', async () => {
  const url = rabbitmq.url
  const first = rabbitMqBroker({ url })
  await connected(first)
  await first.close()

  const bodies = ['bad-1', ...Array.from({ length: 100 }, (_, number) => `good-${number}`), 'bad-2']
  await withWaiting(bodies, async (channel) => {
    await starve()
    const handled: string[] = []
    const consume = () => {
      // A time limit far below the length of the alarm, which does not count.
      const broker = rabbitMqBroker({ url, confirmTimeoutMs: 200 })
      broker.subscribe({
        queue: EVENT_QUEUE,
        prefetch: PREFETCH,
        handle: async (batch) =>
          batch.map(({ body }) => {
            handled.push(body.toString())
            return body.toString().startsWith('bad') ? { kind: 'dead', reason: 'it is bad' } : DONE
          }),
      })
      return broker
    }
    const stopped = consume()
    await eventually('all are handled', () => handled.length >= bodies.length)
    await eventually('it says that publishers are blocked', () => stopped.state === 'down')
    await Bun.sleep(600)
    const beganMs = performance.now()
    await stopped.close()
    expect(performance.now() - beganMs).toBeLessThan(5_000)
    expect(handled.toSorted()).toEqual(bodies.toSorted())

    // Only messages that could not be dead-lettered are redelivered to the next consumer.
    handled.length = 0
    const next = consume()
    await eventually('the bad ones come again', () => handled.length >= 2)
    await eventually('it says that publishers are blocked', () => next.state === 'down')
    await Bun.sleep(600)
    expect(handled.toSorted()).toEqual(['bad-1', 'bad-2'])
    expect(next.deadLettered).toBe(0)
    await feed()
    await eventually('they are dead-lettered', () => next.deadLettered === 2)
    expect(handled).toHaveLength(2)
    await next.close()
    expect((await channel.checkQueue(EVENT_QUEUE)).messageCount).toBe(0)
    expect((await channel.checkQueue(DEAD_QUEUE)).messageCount).toBeGreaterThanOrEqual(2)
  })
}, 60_000)
