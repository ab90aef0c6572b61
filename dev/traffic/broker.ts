import type { LineEvent } from '@bets/domain/line-event'
import {
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_MESSAGE_TYPE,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import { type Channel, type ConsumeMessage, connect } from 'amqplib'

interface HeardMessage {
  id: string
  /** Throws when the message is none about an event. */
  readonly event: LineEvent
  /** When it arrived, by `performance.now()`. */
  atMs: number
}

/** Does something on a channel of its own. */
export async function onBroker<T>(url: string, use: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(url)
  try {
    const channel = await connection.createChannel()
    // A channel that a missing queue closes says so by the call as well.
    channel.on('error', () => {})
    const result = await use(channel)
    // Closing the connection alone would overtake what was just sent on the channel.
    await channel.close()
    return result
  } finally {
    await connection.close()
  }
}

/** Publishes a message as line-provider would. */
export function publish(channel: Channel, messageId: string, body: string): void {
  const options = { persistent: true, messageId, type: EVENT_MESSAGE_TYPE }
  channel.publish(LINE_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from(body), options)
}

/** An event as the body of its message. */
export const messageOf = (data: object) =>
  JSON.stringify({ message_type: EVENT_MESSAGE_TYPE, data })

/** Publishes events as messages, in this order; resolves when RabbitMQ has them. */
export async function publishEvents(url: string, events: readonly LineEvent[]): Promise<void> {
  const connection = await connect(url)
  try {
    const channel = await connection.createConfirmChannel()
    for (const event of events)
      publish(channel, `${event.event_id}:${event.version}`, messageOf(event))
    await channel.waitForConfirms()
  } finally {
    await connection.close()
  }
}

/** How many messages wait in a queue, those held unacknowledged not counted; how many consumers. */
export const checkQueue = (url: string, queue: string) =>
  onBroker(url, (channel) => channel.checkQueue(queue))

/** How many messages wait for a worker, and how many are dead. */
export async function countMessages(url: string): Promise<{ waiting: number; dead: number }> {
  const [waiting, dead] = await Promise.all([
    checkQueue(url, EVENT_QUEUE),
    checkQueue(url, DEAD_QUEUE),
  ])
  return { waiting: waiting.messageCount, dead: dead.messageCount }
}

export const deadLetters = async (url: string) => (await checkQueue(url, DEAD_QUEUE)).messageCount

/** How many workers consume. Each does so only when everything it needs is declared. */
export const countWorkers = async (url: string) =>
  (await checkQueue(url, EVENT_QUEUE)).consumerCount

/** Deletes the workers' queue with all that waits in it; the next worker declares it anew. */
export async function deleteEventQueue(url: string): Promise<void> {
  await onBroker(url, (channel) => channel.deleteQueue(EVENT_QUEUE))
}

/** Listens to what line-provider publishes, with a queue of the test's own beside the project's. */
export async function listenToLine(url: string) {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, LINE_EXCHANGE, EVENT_CHANGED_KEY)
  const heard: HeardMessage[] = []
  const onMessage = new Set<() => void>()
  const hear = (message: ConsumeMessage | null) => {
    if (message === null) return
    heard.push({
      id: String(message.properties.messageId),
      get event() {
        return (JSON.parse(message.content.toString()) as { data: LineEvent }).data
      },
      atMs: performance.now(),
    })
    for (const told of onMessage) told()
  }
  await channel.consume(queue, hear, { noAck: true })
  return {
    heard,
    /** Resolves with the first message that fits, as soon as it arrives. */
    async next(fits: (message: HeardMessage) => boolean, withinMs = 5_000): Promise<HeardMessage> {
      const { promise, resolve, reject } = Promise.withResolvers<HeardMessage>()
      const look = () => {
        const found = heard.find(fits)
        if (found !== undefined) resolve(found)
      }
      const late = () => reject(new Error(`no such message within ${withinMs} ms`))
      const timer = setTimeout(late, withinMs)
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
