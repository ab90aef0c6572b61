import type { PublishOutcome } from '@bets/domain/message-broker'
import {
  type ConfirmChannel,
  IllegalOperationError,
  type MessageProperties,
  type Options,
} from 'amqplib'

/** How long a confirm may take; beyond it nobody knows what became of the message. */
export const CONFIRM_TIMEOUT_MS = 10_000

/**
 * `unencodable`: nothing was sent and nothing is wrong with the channel, but these properties
 * cannot be put on the wire. amqplib reads some that it cannot write again: a header of -1e300,
 * headers of more than 64 KB, long names that are not UTF-8 and grow when they are made to be.
 */
export type SendOutcome = PublishOutcome | 'unencodable'

/**
 * Publishes on one confirm channel and tells of each message what became of it. RabbitMQ sends the
 * return of an unroutable message first and then confirms it all the same, so returns are
 * remembered until the confirm; a number of our own in `correlationId` tells messages apart,
 * whatever ids their senders gave them.
 */
export class RabbitMqPublisher {
  readonly #returned = new Set<string>()
  #count = 0
  #blocked = Promise.withResolvers<void>()
  #unblocked = Promise.withResolvers<void>()
  #openSinceMs: number | undefined = 0

  constructor(private readonly channel: ConfirmChannel) {
    this.#unblocked.resolve()
    channel.on('return', ({ properties }) => {
      this.#returned.add(properties.correlationId)
    })
  }

  /** Whether RabbitMQ takes nothing from publishers now: it is short of memory or disk. */
  get isBlocked(): boolean {
    return this.#openSinceMs === undefined
  }

  /**
   * Since when RabbitMQ has not blocked publishers, on the clock of `performance`; undefined while
   * it does.
   */
  get openSinceMs(): number | undefined {
    return this.#openSinceMs
  }

  setBlocked(isBlocked: boolean): void {
    if (isBlocked === this.isBlocked) return
    this.#openSinceMs = isBlocked ? undefined : performance.now()
    if (isBlocked) {
      this.#unblocked = Promise.withResolvers()
      this.#blocked.resolve()
    } else {
      this.#blocked = Promise.withResolvers()
      this.#unblocked.resolve()
    }
  }

  /** Resolves when RabbitMQ blocks publishers; at once if it does. */
  blocked(): Promise<void> {
    return this.#blocked.promise
  }

  /** Resolves when RabbitMQ does not block publishers; at once if it doesn't. */
  unblocked(): Promise<void> {
    return this.#unblocked.promise
  }

  /**
   * Resolves when the broker has answered, or when the channel has died. What cannot be encoded is
   * sent with `instead`, if given, and at once: so messages keep their order.
   */
  publish(
    exchange: string,
    routingKey: string,
    content: Buffer,
    options: Options.Publish,
    instead?: { routingKey: string; options: Options.Publish },
  ): Promise<SendOutcome> {
    const correlationId = String(++this.#count)
    return new Promise((resolve) => {
      try {
        this.channel.publish(
          exchange,
          routingKey,
          content,
          { ...options, persistent: true, mandatory: true, correlationId },
          (error) => {
            const returned = this.#returned.delete(correlationId)
            resolve(error ? 'unknown' : returned ? 'returned' : 'confirmed')
          },
        )
      } catch (error) {
        // A channel that has just closed throws too; the outcome is as unknown as with a lost
        // confirm.
        if (error instanceof IllegalOperationError) resolve('unknown')
        else if (instead === undefined) resolve('unencodable')
        else resolve(this.publish(exchange, instead.routingKey, content, instead.options))
      }
    })
  }
}

const SHORT_BYTES = 255

/** Of a message whose properties cannot be encoded, those that can; never its headers. */
export function safeProperties({
  messageId,
  type,
  contentType,
}: MessageProperties): Options.Publish {
  return {
    messageId: shortened(messageId),
    type: shortened(type),
    contentType: shortened(contentType),
  }
}

/** What AMQP's short strings hold of a text. */
export function shortened<T extends string | undefined>(text: T): T | string {
  if (text === undefined || Buffer.byteLength(text) <= SHORT_BYTES) return text
  // No character takes more than three bytes for each of its UTF-16 units.
  return text.slice(0, SHORT_BYTES / 3)
}
