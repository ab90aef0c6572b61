import type { LineEvent } from '@bets/domain/line-event'
import {
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_MESSAGE_TYPE,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import { connect } from 'amqplib'
import { onBroker } from './observe.ts'

export interface HeardMessage {
  id: string
  event: LineEvent
  /** When it arrived, by `performance.now()`. */
  atMs: number
}

/** Listens to what line-provider publishes, with a queue of the test's own beside the project's. */
export async function listenToLine(brokerUrl: string) {
  const connection = await connect(brokerUrl)
  const channel = await connection.createChannel()
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, LINE_EXCHANGE, EVENT_CHANGED_KEY)
  const heard: HeardMessage[] = []
  const onMessage = new Set<() => void>()
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return
      const event = (JSON.parse(message.content.toString()) as { data: LineEvent }).data
      heard.push({ id: String(message.properties.messageId), event, atMs: performance.now() })
      for (const told of onMessage) told()
    },
    { noAck: true },
  )
  return {
    heard,
    /**
     * Resolves with the first message that fits; looks at each as it arrives, so that its time is
     * exact.
     */
    async next(fits: (message: HeardMessage) => boolean, withinMs = 5_000): Promise<HeardMessage> {
      const { promise, resolve, reject } = Promise.withResolvers<HeardMessage>()
      const look = () => {
        const found = heard.find(fits)
        if (found !== undefined) resolve(found)
      }
      const timer = setTimeout(
        () => reject(new Error(`no such message within ${withinMs} ms`)),
        withinMs,
      )
      onMessage.add(look)
      look()
      return promise.finally(() => {
        clearTimeout(timer)
        onMessage.delete(look)
      })
    },
    close: () => connection.close(),
  }
}
export type LineListener = Awaited<ReturnType<typeof listenToLine>>

/**
 * Publishes events as messages, as line-provider would, in this order; resolves when RabbitMQ has
 * them.
 */
export async function publishEvents(
  brokerUrl: string,
  events: readonly LineEvent[],
): Promise<void> {
  const connection = await connect(brokerUrl)
  try {
    const channel = await connection.createConfirmChannel()
    for (const data of events)
      channel.publish(
        LINE_EXCHANGE,
        EVENT_CHANGED_KEY,
        Buffer.from(JSON.stringify({ message_type: EVENT_MESSAGE_TYPE, data })),
        {
          messageId: `${data.event_id}:${data.version}`,
          type: EVENT_MESSAGE_TYPE,
          persistent: true,
        },
      )
    await channel.waitForConfirms()
  } finally {
    await connection.close()
  }
}

/**
 * How many messages wait for a worker, those that one holds unacknowledged not counted, and how
 * many are dead.
 */
export function countMessages(brokerUrl: string): Promise<{ waiting: number; dead: number }> {
  return onBroker(brokerUrl, async (channel) => {
    // A queue that is not there closes the channel; the call itself says so as well.
    channel.on('error', () => {})
    const waiting = await channel.checkQueue(EVENT_QUEUE)
    const dead = await channel.checkQueue(DEAD_QUEUE)
    return { waiting: waiting.messageCount, dead: dead.messageCount }
  })
}

/** How many workers consume. Each does so only when everything it needs is declared. */
export function countWorkers(brokerUrl: string): Promise<number> {
  return onBroker(brokerUrl, async (channel) => {
    channel.on('error', () => {})
    return (await channel.checkQueue(EVENT_QUEUE)).consumerCount
  })
}

/** Deletes the workers' queue with all that waits in it; the next worker declares it anew. */
export async function deleteEventQueue(brokerUrl: string): Promise<void> {
  await onBroker(brokerUrl, (channel) => channel.deleteQueue(EVENT_QUEUE))
}
