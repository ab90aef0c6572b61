import {
  BrokerUnavailableError,
  type IncomingMessage,
  type MessageBroker,
  type OutgoingMessage,
  type PublishOutcome,
  type Subscription,
} from '@bets/domain/message-broker'

/**
 * What happens to messages: queued and confirmed or not, lost without a confirm, refused, returned.
 */
export type Mood = 'good' | 'unsure' | 'losing' | 'down' | 'returning'

/**
 * A broker that keeps the guarantees of the port and nothing more: it delivers only what it is told
 * to, in any order, any number of times.
 */
export class HostileBroker implements MessageBroker {
  mood: Mood = 'good'
  readonly state = 'up'
  /** Everything ever published, for redelivery. */
  readonly log: OutgoingMessage[] = []
  readonly confirmed = new Set<string>()
  readonly deadLetters: string[] = []
  #waiting: OutgoingMessage[] = []

  get deadLettered(): number {
    return this.deadLetters.length
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
    if (this.mood === 'down') throw new BrokerUnavailableError('The broker is down.')
    if (this.mood === 'returning') return messages.map(() => 'returned')
    if (this.mood === 'losing') return messages.map(() => 'unknown')
    this.log.push(...messages)
    this.#waiting.push(...messages)
    if (this.mood === 'unsure') return messages.map(() => 'unknown')
    for (const { id } of messages) this.confirmed.add(id)
    return messages.map(() => 'confirmed')
  }

  /**
   * Delivers a batch to a worker: each of `picks` is an index into the queue or, if negative, into
   * everything ever published. Returns the ids of the acknowledged messages; the others stay
   * queued.
   */
  async deliver({ handle }: Subscription, picks: readonly number[]): Promise<string[]> {
    const batch = picks.flatMap((pick) => {
      const from = pick < 0 ? this.log : this.#waiting
      return from[Math.abs(pick) % Math.max(from.length, 1)] ?? []
    })
    if (batch.length === 0) return []
    const verdicts = await handle(batch.map(toIncoming))
    for (const [index, verdict] of verdicts.entries())
      if (verdict.kind === 'dead') this.deadLetters.push(`${batch[index]?.id}: ${verdict.reason}`)
    const done = new Set(batch)
    this.#waiting = this.#waiting.filter((message) => !done.has(message))
    return batch.map(({ id }) => id)
  }

  /** Loses the queued messages. */
  purge(): void {
    this.#waiting = []
  }

  subscribe(): void {}

  onConnected(): void {}

  async close(): Promise<void> {}
}

function toIncoming({ id, body }: OutgoingMessage): IncomingMessage {
  return { id, body: Buffer.from(body), redelivered: false }
}
