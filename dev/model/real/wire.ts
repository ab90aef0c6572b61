import {
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_MESSAGE_TYPE,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import { type Channel, connect } from 'amqplib'

const POISONS = [
  'not json',
  '{"message_type":"weather","data":{}}',
  '{"message_type":"event","data":{"event_id":""}}',
]
/** What the ids of messages that we publish begin with. */
const POISON = 'poison'
const REPEAT = 'repeat'

/**
 * A connection of our own to the broker, which listens to what is said of the line, says it again,
 * and loses it.
 */
export class Wire {
  /** The ids of all messages about events that others than we have published. */
  readonly published = new Set<string>()

  private constructor(
    private readonly channel: Channel,
    readonly close: () => Promise<void>,
  ) {}

  /** Opens one on a broker on which line-provider has declared its exchange. */
  static async open(url: string): Promise<Wire> {
    const connection = await connect(url)
    const channel = await connection.createChannel()
    const wire = new Wire(channel, () => connection.close())
    const { queue } = await channel.assertQueue('', { exclusive: true })
    await channel.bindQueue(queue, LINE_EXCHANGE, '#')
    const listen = (message: { properties: { messageId?: unknown } } | null) => {
      const id = String(message?.properties.messageId)
      if (!id.startsWith(REPEAT)) wire.published.add(id)
    }
    await channel.consume(queue, listen, { noAck: true })
    return wire
  }

  /** Says that events are as they once were, or still are. */
  repeat(events: readonly object[]): void {
    for (const data of events)
      this.#publish(REPEAT, JSON.stringify({ message_type: EVENT_MESSAGE_TYPE, data }))
  }

  /** Says what nobody can understand. */
  poison(): void {
    for (const body of POISONS) this.#publish(POISON, body)
  }

  /** Loses what waits to be delivered. */
  async purge(): Promise<void> {
    await this.channel.purgeQueue(EVENT_QUEUE)
  }

  /** Takes the dead letters out of their queue and returns those that are none of our poison. */
  async takeDeadLetters(): Promise<string[]> {
    const found: string[] = []
    for (;;) {
      const message = await this.channel.get(DEAD_QUEUE, { noAck: true })
      if (message === false) return found
      const id = String(message.properties.messageId)
      if (!id.startsWith(POISON)) found.push(`${id}: ${message.content}`)
    }
  }

  #publish(kind: string, body: string): void {
    const messageId = `${kind}-${crypto.randomUUID()}`
    const options = { persistent: true, messageId, type: EVENT_MESSAGE_TYPE }
    this.channel.publish(LINE_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from(body), options)
  }
}
