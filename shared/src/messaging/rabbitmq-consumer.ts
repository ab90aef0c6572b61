import type { Channel, ConsumeMessage } from 'amqplib'
import type { Log } from '../runtime/log.ts'
import { DEAD_AT, DEAD_EXCHANGE, DEAD_REASON } from './contracts.ts'
import type { Subscription, Verdict } from './message-broker.ts'
import type { RabbitMqPublisher } from './rabbitmq-publisher.ts'

const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 5_000
/** How long to wait for an answer when stopping: the connection may be half-open. */
const ANSWER_TIMEOUT_MS = 1_000

export interface ConsumerOwner {
  /** The consumer can do no more on this channel. */
  onBroken(): void
  /** A message is safe among the dead letters. Answers how many there have been. */
  onDead(): number
}

/**
 * One subscription on a channel of its own: collects what arrives while a batch is being handled, hands it over, then
 * acknowledges on the same channel. Dead letters are published by us, with the reason in a header, and
 * acknowledged after the broker's confirm.
 */
export class RabbitMqConsumer {
  #arrived: ConsumeMessage[] = []
  #pumping: Promise<void> | undefined
  #stopped = false
  #tag: string | undefined

  constructor(
    private readonly channel: Channel,
    private readonly publisher: RabbitMqPublisher,
    private readonly subscription: Subscription,
    private readonly log: Log,
    private readonly owner: ConsumerOwner,
  ) {}

  async start(): Promise<void> {
    await this.channel.prefetch(this.subscription.prefetch)
    const { consumerTag } = await this.channel.consume(this.subscription.queue, (message) => {
      // null: the broker cancelled the consumer, for example because the queue was deleted.
      if (message === null) return this.owner.onBroken()
      this.#arrived.push(message)
      this.#pumping ??= this.#pump().finally(() => {
        this.#pumping = undefined
      })
    })
    this.#tag = consumerTag
  }

  /** Takes no more messages, waits for the batch in hand and until it is acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#tag !== undefined) await answered(this.channel.cancel(this.#tag))
    await this.#pumping
    // Closing the connection would overtake what was just sent on the channel; an answer on it is not overtaken.
    await answered(this.channel.checkQueue(this.subscription.queue))
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
    const last = batch.at(-1)
    if (last !== undefined && verdicts.every(({ kind }) => kind === 'done')) {
      // One for all: a quorum queue forgets acknowledgements beyond 32 when the channel is closed right after them.
      this.channel.ack(last, true)
      return
    }
    for (const [index, message] of batch.entries())
      if (verdicts[index]?.kind !== 'dead') this.channel.ack(message)
    for (const [index, message] of batch.entries()) {
      const verdict = verdicts[index]
      if (verdict?.kind !== 'dead') continue
      const { reason } = verdict
      await this.#publishDead(message, reason)
      this.channel.ack(message)
      const { messageId } = message.properties
      this.log.error('message dead-lettered', { messageId, reason, deadLettered: this.owner.onDead() })
    }
  }

  /** Throws when it is not safe with the dead letters: the message then stays unacknowledged and comes again. */
  async #publishDead({ content, fields, properties }: ConsumeMessage, reason: string): Promise<void> {
    const { headers, messageId, type, timestamp, contentType } = properties
    const outcome = await this.publisher.publish(DEAD_EXCHANGE, fields.routingKey, content, {
      messageId,
      type,
      timestamp,
      contentType,
      headers: { ...headers, [DEAD_REASON]: reason, [DEAD_AT]: new Date().toISOString() },
    })
    if (outcome === 'confirmed') return
    // The queue of dead letters is gone, or the channel is: both come back with a new connection.
    this.owner.onBroken()
    throw new Error(`The dead letter was not taken: ${outcome}.`)
  }
}

/** Resolves when there is an answer of any kind, or none in time. */
async function answered(reply: Promise<unknown>): Promise<void> {
  await Promise.race([reply.catch(() => {}), Bun.sleep(ANSWER_TIMEOUT_MS)])
}
