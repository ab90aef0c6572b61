import type { ConfirmChannel, Options } from 'amqplib'
import type { PublishOutcome } from './message-broker.ts'

/**
 * Publishes on one confirm channel and tells of each message what became of it. RabbitMQ sends the return of an
 * unroutable message first and then confirms it all the same, so returns are remembered until the confirm; a number
 * of our own in `correlationId` tells messages apart, whatever ids their senders gave them.
 */
export class RabbitMqPublisher {
  readonly #returned = new Set<string>()
  #count = 0

  constructor(private readonly channel: ConfirmChannel) {
    channel.on('return', ({ properties }) => {
      this.#returned.add(properties.correlationId)
    })
  }

  /** Resolves when the broker has answered, or when the channel has died. */
  publish(
    exchange: string,
    routingKey: string,
    content: Buffer,
    options: Options.Publish,
  ): Promise<PublishOutcome> {
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
      } catch {
        // A channel that has just closed throws; the outcome is as unknown as with a lost confirm.
        resolve('unknown')
      }
    })
  }
}
