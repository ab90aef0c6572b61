import type { PublishOutcome } from '@bets/domain/message-broker'
import {
  type ConfirmChannel,
  IllegalOperationError,
  type MessageProperties,
  type Options,
} from 'amqplib'

/** How long a confirm may take; after that the outcome of a message is unknown. */
export const CONFIRM_TIMEOUT_MS = 10_000

/**
 * `unencodable`: nothing was sent and the channel is fine, but amqplib cannot encode these
 * properties. It reads some that it cannot write: a header of -1e300, headers over 64 KB, or long
 * names that are not UTF-8 and grow when converted.
 */
export type SendOutcome = PublishOutcome | 'unencodable'

/**
 * Publishes on one confirm channel and reports the outcome of each message. RabbitMQ returns an
 * unroutable message first and then confirms it anyway, so returns are remembered until the
 * confirm. A sequence number in `correlationId` identifies messages, whatever ids their senders
 * gave them.
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

  /** Whether RabbitMQ blocks publishers, because it is short of memory or disk. */
  get isBlocked(): boolean {
    return this.#openSinceMs === undefined
  }

  /**
   * Since when publishers are not blocked, by `performance.now()`; undefined while they are.
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

  /** Resolves when RabbitMQ blocks publishers; at once if it already does. */
  blocked(): Promise<void> {
    return this.#blocked.promise
  }

  /** Resolves when RabbitMQ stops blocking publishers; at once if it does not block them. */
  unblocked(): Promise<void> {
    return this.#unblocked.promise
  }

  /**
   * Resolves when the broker has answered or the channel has died. A message that cannot be encoded
   * is sent at once with `fallback`, if given, so that messages keep their order.
   */
  publish(
    exchange: string,
    routingKey: string,
    content: Buffer,
    options: Options.Publish,
    fallback?: { routingKey: string; options: Options.Publish },
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
        // A channel that has just closed throws too. The outcome is unknown, as with a lost
        // confirm.
        if (error instanceof IllegalOperationError) resolve('unknown')
        else if (fallback === undefined) resolve('unencodable')
        else resolve(this.publish(exchange, fallback.routingKey, content, fallback.options))
      }
    })
  }
}

const SHORT_BYTES = 255

/** The properties that can always be encoded; never the headers. */
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

/** Shortens a text to fit an AMQP short string. */
export function shortened<T extends string | undefined>(text: T): T | string {
  if (text === undefined || Buffer.byteLength(text) <= SHORT_BYTES) return text
  // A character takes at most three bytes per UTF-16 unit.
  return text.slice(0, SHORT_BYTES / 3)
}
