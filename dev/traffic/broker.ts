import type { LineEvent } from '@bets/domain/line-event'
import {
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_MESSAGE_TYPE,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import { type Channel, type ConsumeMessage, connect } from 'amqplib'

interface ReceivedMessage {
  id: string
  /** Throws when the message does not carry an event. */
  readonly event: LineEvent
  /** When it arrived, by `performance.now()`. */
  atMs: number
}

/** Runs `use` on a channel of its own. */
export async function onBroker<T>(url: string, use: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(url)
  try {
    const channel = await connection.createChannel()
    // A call that closes the channel, as for a missing queue, rejects as well.
    channel.on('error', () => {})
    const result = await use(channel)
    // Closing only the connection could discard messages just sent on the channel.
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

/** Publishes events as messages in this order; resolves when RabbitMQ has confirmed them. */
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

/** The numbers of messages ready in a queue (unacknowledged ones excluded) and of consumers. */
export const checkQueue = (url: string, queue: string) =>
  onBroker(url, (channel) => channel.checkQueue(queue))

/** The numbers of messages waiting for a worker and of dead letters. */
export async function countMessages(url: string): Promise<{ waiting: number; dead: number }> {
  const [waiting, dead] = await Promise.all([
    checkQueue(url, EVENT_QUEUE),
    checkQueue(url, DEAD_QUEUE),
  ])
  return { waiting: waiting.messageCount, dead: dead.messageCount }
}

export const deadLetters = async (url: string) => (await checkQueue(url, DEAD_QUEUE)).messageCount

/** The number of consuming workers. Each consumes once everything it needs is declared. */
export const countWorkers = async (url: string) =>
  (await checkQueue(url, EVENT_QUEUE)).consumerCount

/** Deletes the workers' queue and its messages; the next worker declares it again. */
export async function deleteEventQueue(url: string): Promise<void> {
  await onBroker(url, (channel) => channel.deleteQueue(EVENT_QUEUE))
}

/** Receives what line-provider publishes, through a separate queue of the test. */
export async function listenToLine(url: string) {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, LINE_EXCHANGE, EVENT_CHANGED_KEY)
  const received: ReceivedMessage[] = []
  const onMessage = new Set<() => void>()
  const receive = (message: ConsumeMessage | null) => {
    if (message === null) return
    received.push({
      id: String(message.properties.messageId),
      get event() {
        return (JSON.parse(message.content.toString()) as { data: LineEvent }).data
      },
      atMs: performance.now(),
    })
    for (const notify of onMessage) notify()
  }
  await channel.consume(queue, receive, { noAck: true })
  return {
    received,
    /** Resolves with the first matching message as soon as it arrives. */
    async next(
      matches: (message: ReceivedMessage) => boolean,
      withinMs = 5_000,
    ): Promise<ReceivedMessage> {
      const { promise, resolve, reject } = Promise.withResolvers<ReceivedMessage>()
      const check = () => {
        const found = received.find(matches)
        if (found !== undefined) resolve(found)
      }
      const late = () => reject(new Error(`no such message within ${withinMs} ms`))
      const timer = setTimeout(late, withinMs)
      onMessage.add(check)
      check()
      return promise.finally(() => {
        clearTimeout(timer)
        onMessage.delete(check)
      })
    },
    close: () => connection.close(),
  }
}
export type LineListener = Awaited<ReturnType<typeof listenToLine>>
