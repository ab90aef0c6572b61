import type { QueueContract, Topology } from '@bets/domain/message-broker'
import {
  BrokerUnavailableError,
  type IncomingMessage,
  type MessageBroker,
  type OutgoingMessage,
  type PublishOutcome,
  type Subscription,
  tooLarge,
} from '@bets/domain/message-broker'

interface MemoryQueue {
  contract: QueueContract
  messages: IncomingMessage[]
  subscription: Subscription | undefined
  pumping: boolean
}

const RETRY_MS = 100

/**
 * The most messages in a queue; publishing more has the outcome `unknown`.
 */
const MAX_QUEUE_LENGTH = 100_000

/** The broker of embedded mode: the same guarantees, in memory, within one process. */
export class MemoryBroker implements MessageBroker {
  readonly deadLetters: { message: IncomingMessage; reason: string }[] = []
  readonly #queues: MemoryQueue[]
  #closed = false

  constructor(topology: Topology) {
    this.#queues = topology.queues.map((contract) => ({
      contract,
      messages: [],
      subscription: undefined,
      pumping: false,
    }))
  }

  get state(): 'up' | 'down' {
    return this.#closed ? 'down' : 'up'
  }

  get deadLettered(): number {
    return this.deadLetters.length
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
    if (this.#closed) throw new BrokerUnavailableError('The broker is closed.')
    return messages.map((message) => this.#route(message))
  }

  subscribe(subscription: Subscription): void {
    const queue = this.#queues.find(({ contract }) => contract.name === subscription.queue)
    if (queue === undefined) throw new Error(`The topology has no queue ${subscription.queue}.`)
    queue.subscription = subscription
    void this.#pump(queue)
  }

  onConnected(listener: () => void): void {
    listener()
  }

  async close(): Promise<void> {
    this.#closed = true
    while (this.#queues.some(({ pumping }) => pumping)) await Bun.sleep(1)
  }

  #route(message: OutgoingMessage): PublishOutcome {
    const queues = this.#queues.filter(
      ({ contract }) =>
        contract.exchange === message.exchange &&
        (contract.routingKey === '#' || contract.routingKey === message.routingKey),
    )
    if (queues.length === 0) return 'returned'
    if (queues.some(({ messages }) => messages.length >= MAX_QUEUE_LENGTH)) return 'unknown'
    const { id } = message
    const body = Buffer.from(message.body)
    for (const queue of queues) {
      const arrived = { id, body, redelivered: false }
      const { maxMessageBytes } = queue.contract
      if (body.length > maxMessageBytes)
        this.deadLetters.push({ message: arrived, reason: tooLarge(maxMessageBytes) })
      else queue.messages.push(arrived)
      void this.#pump(queue)
    }
    return 'confirmed'
  }

  async #pump(queue: MemoryQueue): Promise<void> {
    const { subscription } = queue
    if (queue.pumping || subscription === undefined) return
    queue.pumping = true
    while (queue.messages.length > 0 && !this.#closed) {
      const batch = queue.messages.slice(0, subscription.prefetch)
      try {
        const verdicts = await subscription.handle(batch)
        queue.messages.splice(0, batch.length)
        for (const [index, message] of batch.entries()) {
          const verdict = verdicts[index]
          if (verdict?.kind === 'dead') this.deadLetters.push({ message, reason: verdict.reason })
          else if (verdict?.kind === 'again') queue.messages.push({ ...message, redelivered: true })
        }
      } catch {
        // As the port promises: nothing was acknowledged, so the same messages come again.
        for (const message of batch) message.redelivered = true
        await Bun.sleep(RETRY_MS)
      }
    }
    queue.pumping = false
  }
}
