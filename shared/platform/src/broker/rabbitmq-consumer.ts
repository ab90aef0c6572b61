import type { Log } from '@bets/domain/log'
import { type Subscription, tooLarge, type Verdict } from '@bets/domain/message-broker'
import type { Channel, ConsumeMessage } from 'amqplib'
import { answered } from './rabbitmq-connection.ts'
import { type BadMessage, publishDeadLetter } from './rabbitmq-dead-letter.ts'
import {
  CONFIRM_TIMEOUT_MS,
  type RabbitMqPublisher,
  type SendOutcome,
} from './rabbitmq-publisher.ts'

const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 5_000
/** How long handling may take while stopping. A hanging database times out earlier. */
const BATCH_TIMEOUT_MS = 3_000

/** The owner of a consumer, notified by it. */
export interface ConsumerOwner {
  /** The consumer cannot continue on this channel. */
  onBroken(why: string): void
  /** A message has been dead-lettered. Returns the number so far. */
  onDeadLettered(): number
}

export interface ConsumerOptions {
  log: Log
  /** Receives messages that can never be handled. */
  deadLetterExchange: string
  /** The largest body that is handed over. */
  maxMessageBytes: number
  /**
   * How long the confirm of a dead letter may take, not counting the time in which RabbitMQ blocks
   * publishers.
   */
  confirmTimeoutMs?: number
}

/**
 * One subscription on its own channel. Collects messages while a batch is being handled, hands them
 * over as the next batch, then acknowledges them. Messages that can never be handled are
 * dead-lettered: published with the reason in a header, and acknowledged after the broker's
 * confirm. While RabbitMQ blocks publishers they stay unacknowledged, at most `prefetch` of them,
 * and good messages continue.
 */
export class RabbitMqConsumer {
  #arrived: ConsumeMessage[] = []
  #pumping: Promise<void> | undefined
  /** Messages that still have to be dead-lettered. */
  readonly #bad: BadMessage[] = []
  #deadLettering: Promise<void> | undefined
  readonly #givingUp = Promise.withResolvers<void>()
  #stopped = false
  #abandoned = false
  readonly #stopping = Promise.withResolvers<void>()
  #tag: string | undefined

  constructor(
    private readonly channel: Channel,
    private readonly publisher: RabbitMqPublisher,
    private readonly subscription: Subscription,
    private readonly options: ConsumerOptions,
    private readonly owner: ConsumerOwner,
  ) {}

  async start(): Promise<void> {
    await this.channel.prefetch(this.subscription.prefetch)
    const { consumerTag } = await this.channel.consume(this.subscription.queue, (message) => {
      // null: the broker cancelled the consumer, because its queue was deleted, or because it was
      // too slow (RabbitMQ 4.3; earlier versions close its channel).
      if (message === null) return this.owner.onBroken('RabbitMQ cancelled the consumer')
      if (message.content.length > this.options.maxMessageBytes) return this.#refuse(message)
      this.#arrived.push(message)
      this.#pumping ??= this.#pump().finally(() => {
        this.#pumping = undefined
      })
    })
    this.#tag = consumerTag
  }

  /** Stops consuming, and waits a limited time until the current batch is acknowledged. */
  async stop(): Promise<void> {
    this.#halt()
    await this.#pumped()
    await this.#cancel()
    await this.#acknowledged()
  }

  /** The channel is gone: its messages can no longer be acknowledged and will be redelivered. */
  abandon(): void {
    this.#halt()
    this.#abandoned = true
    this.#arrived = []
  }

  /** Waits a limited time until what is being handled is acknowledged. */
  async #pumped(): Promise<void> {
    await Promise.race([this.#pumping, Bun.sleep(BATCH_TIMEOUT_MS)])
  }

  #halt(): void {
    this.#stopped = true
    this.#stopping.resolve()
  }

  async #pump(): Promise<void> {
    let delayMs = RETRY_MIN_MS
    // Messages from the same socket read share a batch.
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
        this.#settle(batch, verdicts)
        this.#arrived.splice(0, batch.length)
        delayMs = RETRY_MIN_MS
        await this.#deadLetterBad()
      } catch (error) {
        this.options.log.warn('handling messages failed, retrying', {
          error,
          messages: batch.length,
          delayMs,
        })
        await Promise.race([Bun.sleep(delayMs * (0.5 + Math.random())), this.#stopping.promise])
        delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)
      }
    }
  }

  /** RabbitMQ dead-letters it whole. Published from here, it could exceed the broker's limit. */
  #refuse(message: ConsumeMessage): void {
    this.channel.reject(message, false)
    this.#logDeadLetter(message, tooLarge(this.options.maxMessageBytes))
  }

  #settle(batch: ConsumeMessage[], verdicts: readonly Verdict[]): void {
    const firstBad = verdicts.findIndex(({ kind }) => kind !== 'done')
    // One acknowledgement for many is atomic, but covers all earlier messages too, so it is not
    // usable while a bad message is held.
    const leading = this.#bad.length > 0 ? 0 : firstBad < 0 ? batch.length : firstBad
    const last = batch[leading - 1]
    if (last !== undefined) this.channel.ack(last, true)
    for (const [index, message] of batch.entries()) {
      const verdict = verdicts[index]
      if (verdict?.kind === 'dead') this.#bad.push({ message, reason: verdict.reason })
      // Not `nack`, which RabbitMQ 4.3 does not count: the message would come again for ever.
      else if (verdict?.kind === 'again') this.channel.reject(message, true)
      else if (index >= leading) this.channel.ack(message)
    }
  }

  /**
   * Resolves when all bad messages are dead-lettered, or have to wait because publishers are
   * blocked or this connection is given up.
   */
  async #deadLetterBad(): Promise<void> {
    if (this.#bad.length === 0) return
    this.#deadLettering ??= this.#deadLetterAll()
    await Promise.race([this.#deadLettering, this.publisher.blocked(), this.#givingUp.promise])
  }

  async #deadLetterAll(): Promise<void> {
    try {
      for (let bad = this.#bad[0]; bad !== undefined && !this.#abandoned; bad = this.#bad[0]) {
        await this.publisher.unblocked()
        const outcome = await this.#inTime(
          publishDeadLetter(this.publisher, this.options.deadLetterExchange, bad),
        )
        if (this.#abandoned) return
        if (outcome !== 'confirmed') return await this.#giveUp(outcome)
        const { message, reason } = bad
        this.channel.ack(message)
        this.#bad.shift()
        this.#logDeadLetter(message, reason)
      }
    } catch (error) {
      // The channel is closed, and the owner is about to be notified. Possibly nobody awaits this
      // promise, so it must not reject.
      this.options.log.warn('dead letters not acknowledged', { error })
    } finally {
      this.#deadLettering = undefined
    }
  }

  #logDeadLetter({ properties: { messageId } }: ConsumeMessage, reason: string): void {
    const deadLettered = this.owner.onDeadLettered()
    this.options.log.error('message dead-lettered', { messageId, reason, deadLettered })
  }

  /** `unknown` if there is no answer in time. */
  async #inTime(outcome: Promise<SendOutcome>): Promise<SendOutcome> {
    const limitMs = this.options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS
    const timeUp = Promise.withResolvers<SendOutcome>()
    const timer = setInterval(() => {
      // What was written before a block is confirmed after it.
      const { openSinceMs } = this.publisher
      if (openSinceMs !== undefined && performance.now() - openSinceMs >= limitMs)
        timeUp.resolve('unknown')
    }, limitMs)
    try {
      return await Promise.race([outcome, timeUp.promise])
    } finally {
      clearInterval(timer)
    }
  }

  /**
   * The dead-letter queue is gone or full, or the channel is dead. At best, a new connection helps.
   * Good messages must not be redelivered with a bad one again and again: RabbitMQ would
   * dead-letter them in the end. So those that are on their way are handled first, for a limited
   * time.
   */
  async #giveUp(outcome: SendOutcome): Promise<void> {
    this.options.log.warn('dead letter not confirmed, reconnecting', { outcome })
    this.#givingUp.resolve()
    const { channel, subscription } = this
    // Answered after the last delivery.
    await this.#cancel()
    await this.#pumped()
    this.#halt()
    // Has the effect that cancelling has in `stop`. If this gets a message, it is given back with
    // the bad ones.
    await answered(async () => channel.get(subscription.queue))
    await this.#acknowledged()
    this.owner.onBroken('a dead letter was not confirmed')
  }

  /** When RabbitMQ has answered, no more messages arrive. */
  async #cancel(): Promise<void> {
    await answered(async () => this.#tag !== undefined && this.channel.cancel(this.#tag))
  }

  /**
   * Resolves when RabbitMQ has processed the acknowledgements sent so far. A quorum queue takes 32
   * from a channel at once; the others wait in the channel and are lost with it. Cancelling, or
   * getting a message, is answered after the first 32 and passes on the rest, and this request is
   * answered after those. Closing the connection would overtake both.
   */
  async #acknowledged(): Promise<void> {
    await answered(async () => this.channel.checkQueue(this.subscription.queue))
  }
}
