/** A durable queue and its binding. */
export interface QueueContract {
  name: string
  /** The exchange that it is bound to. */
  exchange: string
  routingKey: string
  /** All broker arguments, explicitly: the defaults differ between RabbitMQ 3.10 and 4. */
  arguments: Readonly<Record<string, string | number>>
  /**
   * The largest body for its consumers. A larger message is dead-lettered on arrival and never
   * handed over, so a consumer holds at most its prefetch times this.
   */
  maxMessageBytes: number
}

/**
 * Everything that a process declares when it connects: durable topic exchanges and durable queues
 * bound to them.
 */
export interface Topology {
  exchanges: readonly string[]
  queues: readonly QueueContract[]
}

/**
 * A message to publish. `id` is meant for consumers: the same fact may be published twice with the
 * same id.
 */
export interface OutgoingMessage {
  id: string
  type: string
  exchange: string
  routingKey: string
  body: string
}

/**
 * - `confirmed`: the broker has it safely in at least one queue.
 * - `returned`: no queue is bound for it; nobody will get it.
 * - `unknown`: rejected, or not confirmed in time; it may or may not arrive.
 */
export type PublishOutcome = 'confirmed' | 'returned' | 'unknown'

/** A received message. If `redelivered`, it may have been handled before. */
export interface IncomingMessage {
  id: string | undefined
  body: Buffer
  redelivered: boolean
}

/**
 * The outcome of handling a message: it is done, it can never be handled and is dead-lettered, or
 * it is to be delivered again, which the queue allows a limited number of times.
 */
export type Verdict = { kind: 'done' } | { kind: 'dead'; reason: string } | { kind: 'again' }
export const DONE: Verdict = { kind: 'done' }
export const AGAIN: Verdict = { kind: 'again' }

/** Why a message that exceeds `maxMessageBytes` is dead-lettered. */
export const tooLarge = (maxBytes: number) => `larger than ${maxBytes} bytes`

/** A consumer of one queue. */
export interface Subscription {
  queue: string
  /** The most unacknowledged messages, and therefore the largest batch. */
  prefetch: number
  /**
   * Handles a batch and returns one verdict per message, in order. A message is acknowledged only
   * after its verdict. If this rejects, nothing is acknowledged, and the same messages are handed
   * over again after a back-off, before later ones. An unavailable database therefore costs no
   * delivery attempts.
   */
  handle(batch: readonly IncomingMessage[]): Promise<readonly Verdict[]>
}

/** There is no connection to publish on. Nothing was sent. */
export class BrokerUnavailableError extends Error {
  override readonly name = 'BrokerUnavailableError'
}

/**
 * The port to a message broker. It connects and reconnects in the background, and declares its
 * topology and consumers. Delivery is at least once and not ordered. Safe for concurrent use.
 */
export interface MessageBroker {
  readonly state: 'up' | 'down'
  /** How many messages this process has dead-lettered since it started. */
  readonly deadLettered: number
  /**
   * Publishes persistent messages and resolves within a time limit with one outcome per message, in
   * order. Rejects with `BrokerUnavailableError` if there is no connection; nothing was sent then.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]>
  /**
   * Starts consuming, also after every reconnection. Batches of one subscription never overlap.
   */
  subscribe(subscription: Subscription): void
  /**
   * Calls the listener after every (re)connection, once topology and consumers are declared, and
   * immediately if already connected.
   */
  onConnected(listener: () => void): void
  /**
   * Stops consuming, lets current batches finish and closes. Unacknowledged messages will be
   * redelivered.
   */
  close(): Promise<void>
}
