import type { Log } from '@bets/domain/log'
import type { Subscription, Verdict } from '@bets/domain/message-broker'
import type { Channel, ConsumeMessage } from 'amqplib'
import { DEAD_AT, DEAD_REASON } from './dead-letters.ts'
import {
  CONFIRM_TIMEOUT_MS,
  type RabbitMqPublisher,
  type SendOutcome,
  safeProperties,
  shortened,
} from './rabbitmq-publisher.ts'

const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 5_000
/** How long to wait for an answer when stopping: the connection may be half-open. */
const ANSWER_TIMEOUT_MS = 1_000
/** How long the batch in hand may take when stopping. A database that hangs gives up before. */
const BATCH_TIMEOUT_MS = 3_000
/** Of a reason that has to fit into the headers of its own. */
const REASON_LENGTH = 1_000

/** Who has set the consumer up, and hears of it. */
export interface ConsumerOwner {
  /** The consumer can do no more on this channel. */
  onBroken(): void
  /** A message is safe among the dead letters. Answers how many there have been. */
  onDead(): number
}

export interface ConsumerOptions {
  log: Log
  /** Where messages go that can never be handled. */
  deadLetterExchange: string
  /**
   * How long the confirm of a dead letter may take. The time in which RabbitMQ blocks publishers
   * does not count.
   */
  confirmTimeoutMs?: number
}

interface Bad {
  message: ConsumeMessage
  reason: string
}

/**
 * One subscription on a channel of its own: collects what arrives while a batch is being handled,
 * hands it over, then acknowledges on the same channel. Dead letters are published by us, with the
 * reason in a header, and acknowledged after the broker's confirm. While RabbitMQ blocks publishers
 * they are held unacknowledged, at most prefetch of them, and the good ones go on.
 */
export class RabbitMqConsumer {
  #arrived: ConsumeMessage[] = []
  #pumping: Promise<void> | undefined
  /** Never to be handled, and not safe among the dead letters yet. */
  readonly #bad: Bad[] = []
  #burying: Promise<void> | undefined
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
      // null: the broker cancelled the consumer, for example because the queue was deleted.
      if (message === null) return this.owner.onBroken()
      this.#arrived.push(message)
      this.#pumping ??= this.#pump().finally(() => {
        this.#pumping = undefined
      })
    })
    this.#tag = consumerTag
  }

  /** Takes no more messages, waits a while for the batch in hand and until it is acknowledged. */
  async stop(): Promise<void> {
    this.#halt()
    await Promise.race([this.#pumping, Bun.sleep(BATCH_TIMEOUT_MS)])
    await this.#acknowledged()
  }

  /** The channel is gone: what it delivered can no longer be acknowledged and will come again. */
  abandon(): void {
    this.#halt()
    this.#abandoned = true
    this.#arrived = []
  }

  #halt(): void {
    this.#stopped = true
    this.#stopping.resolve()
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
        this.#settle(batch, verdicts)
        this.#arrived.splice(0, batch.length)
        delayMs = RETRY_MIN_MS
        await this.#buried()
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

  #settle(batch: ConsumeMessage[], verdicts: readonly Verdict[]): void {
    const firstBad = verdicts.findIndex(({ kind }) => kind === 'dead')
    // One for all is taken whole, but it takes what came earlier too: that must not be held.
    const together = this.#bad.length > 0 ? 0 : firstBad < 0 ? batch.length : firstBad
    const last = batch[together - 1]
    if (last !== undefined) this.channel.ack(last, true)
    for (const [index, message] of batch.entries()) {
      const verdict = verdicts[index]
      if (verdict?.kind === 'dead') this.#bad.push({ message, reason: verdict.reason })
      else if (index >= together) this.channel.ack(message)
    }
  }

  /**
   * Resolves when all that is bad is safe among the dead letters, or has to wait because publishers
   * are blocked.
   */
  async #buried(): Promise<void> {
    if (this.#bad.length === 0) return
    this.#burying ??= this.#bury()
    await Promise.race([this.#burying, this.publisher.blocked()])
  }

  async #bury(): Promise<void> {
    try {
      for (let bad = this.#bad[0]; bad !== undefined && !this.#abandoned; bad = this.#bad[0]) {
        await this.publisher.unblocked()
        const outcome = await this.#inTime(this.#publishDead(bad))
        if (this.#abandoned) return
        if (outcome !== 'confirmed') return await this.#giveUp(outcome)
        const { message, reason } = bad
        this.channel.ack(message)
        this.#bad.shift()
        const { messageId } = message.properties
        this.options.log.error('message dead-lettered', {
          messageId,
          reason,
          deadLettered: this.owner.onDead(),
        })
      }
    } catch (error) {
      // The channel is closed, and the owner about to be told. Nobody may be waiting here who would
      // catch it.
      this.options.log.warn('dead letters not acknowledged', { error })
    } finally {
      this.#burying = undefined
    }
  }

  /** With all that it came with; where that cannot be encoded, with as much as surely can be. */
  #publishDead({ message, reason }: Bad): Promise<SendOutcome> {
    const { content, fields, properties } = message
    const { headers, messageId, type, timestamp, contentType } = properties
    const at = new Date().toISOString()
    return this.publisher.publish(
      this.options.deadLetterExchange,
      fields.routingKey,
      content,
      {
        messageId,
        type,
        timestamp,
        contentType,
        headers: { ...headers, [DEAD_REASON]: reason, [DEAD_AT]: at },
      },
      {
        routingKey: shortened(fields.routingKey),
        options: {
          ...safeProperties(properties),
          headers: { [DEAD_REASON]: reason.slice(0, REASON_LENGTH), [DEAD_AT]: at },
        },
      },
    )
  }

  /** `unknown` when there is no answer in time. */
  async #inTime(outcome: Promise<SendOutcome>): Promise<SendOutcome> {
    const limitMs = this.options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS
    const timeUp = Promise.withResolvers<SendOutcome>()
    const timer = setInterval(() => {
      // What was written before a block began is confirmed after its end.
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
   * The queue of dead letters is gone or full, or the channel is dead: they come back with a new
   * connection, if at all.
   */
  async #giveUp(outcome: SendOutcome): Promise<void> {
    this.options.log.warn('dead letter not confirmed, reconnecting', { outcome })
    this.#halt()
    // Its good neighbours must not come again and again with it: RabbitMQ would take them for dead
    // at last.
    await this.#acknowledged()
    this.owner.onBroken()
  }

  /**
   * Resolves when RabbitMQ has taken the acknowledgements sent so far. A quorum queue takes 32 from
   * a channel at once, the others wait in the channel and are forgotten with it. Cancelling is
   * answered only after those that were taken, and that sends the others on; the second answer
   * comes after these. Closing the connection would overtake both.
   */
  async #acknowledged(): Promise<void> {
    const { channel, subscription } = this
    await answered(async () => this.#tag !== undefined && channel.cancel(this.#tag))
    await answered(async () => channel.checkQueue(subscription.queue))
  }
}

/** Resolves when there is an answer of any kind, or none in time. */
async function answered(ask: () => Promise<unknown>): Promise<void> {
  await Promise.race([ask().catch(() => {}), Bun.sleep(ANSWER_TIMEOUT_MS)])
}
