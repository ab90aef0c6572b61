import type { ConfirmChannel, ConsumeMessage } from 'amqplib'
import type { Log } from '../runtime/log.ts'
import { DEAD_EXCHANGE } from './contracts.ts'
import type { Subscription, Verdict } from './message-broker.ts'
import type { RabbitMqPublisher } from './rabbitmq-publisher.ts'

const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 5_000

/**
 * One subscription on one channel: collects what arrives while a batch is being handled, hands it over, then
 * acknowledges on the same channel. Dead letters are published by us, with the reason in a header, and
 * acknowledged after the broker's confirm.
 */
export class RabbitMqConsumer {
  #arrived: ConsumeMessage[] = []
  #pumping: Promise<void> | undefined
  #stopped = false
  #tag: string | undefined

  constructor(
    private readonly channel: ConfirmChannel,
    private readonly publisher: RabbitMqPublisher,
    private readonly subscription: Subscription,
    private readonly log: Log,
    private readonly onCancelled: () => void,
  ) {}

  async start(): Promise<void> {
    await this.channel.prefetch(this.subscription.prefetch)
    const { consumerTag } = await this.channel.consume(this.subscription.queue, (message) => {
      // null: the broker cancelled the consumer, for example because the queue was deleted.
      if (message === null) return this.onCancelled()
      this.#arrived.push(message)
      this.#pumping ??= this.#pump().finally(() => {
        this.#pumping = undefined
      })
    })
    this.#tag = consumerTag
  }

  /** Takes no more messages and waits for the batch in hand. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#tag !== undefined) await this.channel.cancel(this.#tag).catch(() => {})
    await this.#pumping
  }

  /** The channel is gone: what it delivered can no longer be acknowledged and will come again. */
  abandon(): void {
    this.#stopped = true
    this.#arrived = []
  }

  async #pump(): Promise<void> {
    let delayMs = RETRY_MIN_MS
    // Messages that come in the same read from the socket share a batch.
    await Promise.resolve()
    while (this.#arrived.length > 0 && !this.#stopped) {
      const batch = this.#arrived.slice(0, this.subscription.prefetch)
      try {
        const verdicts = await this.subscription.handle(
          batch.map(({ content, properties, fields }) => ({
            id: properties.messageId,
            body: content,
            redelivered: fields.redelivered,
          })),
        )
        await this.#settle(batch, verdicts)
        this.#arrived.splice(0, batch.length)
        delayMs = RETRY_MIN_MS
      } catch (error) {
        this.log.warn('messages not handled, trying again', { error, messages: batch.length, delayMs })
        await Bun.sleep(delayMs * (0.5 + Math.random()))
        delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)
      }
    }
  }

  async #settle(batch: ConsumeMessage[], verdicts: readonly Verdict[]): Promise<void> {
    const dead = batch.flatMap((message, index) => {
      const verdict = verdicts[index]
      return verdict?.kind === 'dead' ? [{ message, reason: verdict.reason }] : []
    })
    for (const { message, reason } of dead) {
      await this.#publishDead(message, reason)
      this.log.error('message dead-lettered', { messageId: message.properties.messageId, reason })
    }
    for (const message of batch) this.channel.ack(message)
  }

  /** Throws when it is not safe with the dead letters: the message then stays unacknowledged and is tried again. */
  async #publishDead({ content, fields, properties }: ConsumeMessage, reason: string): Promise<void> {
    const { headers, messageId, type, timestamp, contentType } = properties
    const outcome = await this.publisher.publish(DEAD_EXCHANGE, fields.routingKey, content, {
      messageId,
      type,
      timestamp,
      contentType,
      headers: { ...headers, 'x-dead-reason': reason },
    })
    if (outcome !== 'confirmed') throw new Error(`The dead letter was not taken: ${outcome}.`)
  }
}
