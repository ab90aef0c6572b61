/** A durable queue and how it is bound. */
export interface QueueContract {
  name: string
  /** Where it gets its messages from. */
  exchange: string
  routingKey: string
  /** Broker arguments, all stated: the defaults differ between RabbitMQ 3.10 and 4. */
  arguments: Readonly<Record<string, string | number>>
}

/**
 * Everything a side declares when it connects: durable topic exchanges, durable queues bound to
 * them.
 */
export interface Topology {
  exchanges: readonly string[]
  queues: readonly QueueContract[]
}

/**
 * A message to publish. `id` is for its readers: the same fact may well be sent twice under the
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
 * - `returned`: no queue wanted it; nobody will get it.
 * - `unknown`: refused, or no answer in time; it may or may not arrive.
 */
export type PublishOutcome = 'confirmed' | 'returned' | 'unknown'

/** A message as it came; `redelivered`: it may have been handled before. */
export interface IncomingMessage {
  id: string | undefined
  body: Buffer
  redelivered: boolean
}

/**
 * What to do with a message: it is done with, or it can never be handled and goes to the dead
 * letters.
 */
export type Verdict = { kind: 'done' } | { kind: 'dead'; reason: string }
export const DONE: Verdict = { kind: 'done' }

/** What a consumer brings to the broker. */
export interface Subscription {
  queue: string
  /** The most messages that are held unacknowledged, and so the largest batch. */
  prefetch: number
  /**
   * Handles what has arrived, one verdict per message, in their order. A message is acknowledged
   * only after its verdict. When it rejects, nothing is acknowledged and the same messages come
   * again, ahead of later ones, after a back-off: a database that is down costs no delivery
   * attempts.
   */
  handle(batch: readonly IncomingMessage[]): Promise<readonly Verdict[]>
}

/** There is no connection to publish on; nothing was sent. */
export class BrokerUnavailableError extends Error {
  override readonly name = 'BrokerUnavailableError'
}

/**
 * The port to a message broker. It connects and reconnects by itself, with its topology and
 * consumers; nobody waits for it. Delivery is at least once, order is not promised. Safe to use
 * from several callers at once.
 */
export interface MessageBroker {
  readonly state: 'up' | 'down'
  /** How many messages this process has put among the dead letters since it started. */
  readonly deadLettered: number
  /**
   * Publishes persistently and resolves with one outcome per message, in their order, within a time
   * limit. Rejects with `BrokerUnavailableError` when there is no connection; then nothing was
   * sent.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]>
  /**
   * Consumes from now on and after every reconnection. Batches of one subscription never overlap.
   */
  subscribe(subscription: Subscription): void
  /**
   * Calls the listener at every (re)connection, once topology and consumers stand; at once if they
   * do.
   */
  onConnected(listener: () => void): void
  /**
   * Stops consuming, lets batches in hand finish, closes. What was not acknowledged is delivered
   * again.
   */
  close(): Promise<void>
}
