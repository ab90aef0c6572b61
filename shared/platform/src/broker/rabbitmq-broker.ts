import type { Log } from '@bets/domain/log'
import {
  BrokerUnavailableError,
  type MessageBroker,
  type OutgoingMessage,
  type PublishOutcome,
  type Subscription,
  type Topology,
} from '@bets/domain/message-broker'
import type { Channel, ChannelModel } from 'amqplib'
import {
  closeConnection,
  consumedQueue,
  ensureTopology,
  isRefusedLogin,
  openConnection,
  withinSetUpTime,
} from './rabbitmq-connection.ts'
import { RabbitMqConsumer } from './rabbitmq-consumer.ts'
import { CONFIRM_TIMEOUT_MS, RabbitMqPublisher } from './rabbitmq-publisher.ts'

const RECONNECT_MIN_MS = 100
const RECONNECT_MAX_MS = 5_000

export interface RabbitMqBrokerOptions {
  /** `amqp://user:password@host:port/vhost` */
  url: string
  topology: Topology
  log: Log
  /** How long a confirm may take. A connection that misses one is closed. */
  confirmTimeoutMs?: number
  /** The longest pause between connection attempts, before ±50 % jitter. */
  reconnectMaxMs?: number
  /**
   * Called if the very first connection is rejected because of its user, password or virtual host:
   * waiting would not help.
   */
  onRefused?(): void
}

/**
 * RabbitMQ through amqplib, with two connections: one with a confirm channel for publishing, and
 * one with a channel per subscription. While RabbitMQ blocks a publisher it reads nothing from that
 * connection, so acknowledgements on it would wait too. Any failure (an error, a cancelled
 * consumer, a deleted queue, a missing confirm) closes everything, and everything is set up again
 * after a back-off: one recovery path instead of one per fault.
 */
export class RabbitMqBroker implements MessageBroker {
  readonly #options: RabbitMqBrokerOptions
  readonly #subscriptions: Subscription[] = []
  readonly #listeners: (() => void)[] = []
  #consumers: RabbitMqConsumer[] = []
  #connections: ChannelModel[] = []
  /** Why the current connections end: what came first. */
  #ending: { reason?: string } = {}
  #publisher: RabbitMqPublisher | undefined
  #everConnected = false
  #closed = false
  #deadLettered = 0
  #wake: () => void = () => {}
  readonly #running: Promise<void>

  constructor(options: RabbitMqBrokerOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  get state(): 'up' | 'down' {
    return this.#publisher === undefined || this.#publisher.isBlocked ? 'down' : 'up'
  }

  get deadLettered(): number {
    return this.#deadLettered
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
    const publisher = this.#publisher
    // While RabbitMQ blocks publishers, writes would only fill the socket buffers and then memory.
    if (publisher === undefined || publisher.isBlocked)
      throw new BrokerUnavailableError('RabbitMQ is not connected, or blocks publishers.')

    const timer = setTimeout(
      () => this.#drop('no confirm in time'),
      this.#options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS,
    )
    const timestamp = Math.floor(Date.now() / 1000)
    const outcomes = await Promise.all(
      messages.map(({ id, type, exchange, routingKey, body }) =>
        publisher.publish(exchange, routingKey, Buffer.from(body), {
          contentType: 'application/json',
          messageId: id,
          type,
          timestamp,
        }),
      ),
    )
    clearTimeout(timer)
    // An unencodable message was not sent; for its publisher that is the same as not arriving.
    return outcomes.map((outcome) => (outcome === 'unencodable' ? 'unknown' : outcome))
  }

  subscribe(subscription: Subscription): void {
    consumedQueue(this.#options.topology, subscription.queue)
    this.#subscriptions.push(subscription)
    // Consumers are only ever set up together with a connection.
    if (this.#publisher !== undefined) this.#drop('new subscription')
  }

  onConnected(listener: () => void): void {
    this.#listeners.push(listener)
    if (this.#publisher !== undefined) listener()
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()))
    this.#drop('closing')
    this.#wake()
    await this.#running
  }

  async #run(): Promise<void> {
    let delayMs = RECONNECT_MIN_MS
    while (!this.#closed) {
      const began = performance.now()
      try {
        const { ended } = await withinSetUpTime(this.#connect())
        const reason = await ended
        if (this.#closed) return
        this.#options.log.warn('broker connection ended', { reason })
        // Reconnect quickly after a long-lived connection, but not after repeated short ones.
        if (performance.now() - began > RECONNECT_MAX_MS) delayMs = RECONNECT_MIN_MS
      } catch (error) {
        if (!this.#everConnected && isRefusedLogin(error)) this.#options.onRefused?.()
        this.#options.log.warn('broker unreachable, retrying', { error, delayMs })
        await this.#tearDown()
        if (this.#closed) return
      }
      // Jitter, so that many clients do not reconnect to a restarted broker at the same moment.
      await this.#sleep(delayMs * (0.5 + Math.random()))
      delayMs = Math.min(delayMs * 2, this.#options.reconnectMaxMs ?? RECONNECT_MAX_MS)
    }
  }

  /** Connects and sets everything up; `ended` resolves with the reason why the connection ended. */
  async #connect(): Promise<{ ended: Promise<string> }> {
    const connections: ChannelModel[] = []
    this.#connections = connections
    // Late events of old connections must not close their successors.
    const drop = (why: string) => {
      if (this.#connections === connections) this.#drop(why)
    }
    const end = Promise.withResolvers<string>()
    const ending: { reason?: string } = {}
    this.#ending = ending
    let isOver = false
    const noteError = (error: unknown) => {
      ending.reason ??= String(error)
    }
    const open = async (): Promise<ChannelModel> => {
      const connection = await openConnection(this.#options.url)
      // An 'error' without a listener would end the process; 'close' follows it.
      connection.on('error', noteError)
      if (this.#connections !== connections) {
        void closeConnection(connection)
        throw new BrokerUnavailableError('too late')
      }
      connections.push(connection)
      connection.once('close', () => {
        isOver = true
        ending.reason ??= 'closed'
        end.resolve(ending.reason)
      })
      return connection
    }
    const watch = <T extends Channel>(channel: T): T => {
      channel.on('error', noteError)
      channel.on('close', () => drop('channel closed'))
      return channel
    }

    const publishing = await open()
    const channel = watch(await publishing.createConfirmChannel())
    const publisher = new RabbitMqPublisher(channel)
    publishing.on('blocked', (why) => {
      publisher.setBlocked(true)
      this.#options.log.warn('broker blocks publishers', { why })
    })
    publishing.on('unblocked', () => publisher.setBlocked(false))
    await ensureTopology(publishing, this.#options.topology)
    const owner = { onBroken: drop, onDeadLettered: () => ++this.#deadLettered }
    const subscriptions = [...this.#subscriptions]
    const consuming = subscriptions.length > 0 ? await open() : undefined
    for (const subscription of subscriptions) {
      const ownChannel = watch(await (consuming as ChannelModel).createChannel())
      this.#consumers.push(
        new RabbitMqConsumer(
          ownChannel,
          publisher,
          subscription,
          { ...this.#options, ...consumedQueue(this.#options.topology, subscription.queue) },
          owner,
        ),
      )
    }
    await Promise.all(this.#consumers.map((consumer) => consumer.start()))
    if (this.#closed) throw new BrokerUnavailableError('closing')
    // One of the two connections may have ended while the other was being set up.
    if (isOver || this.#connections !== connections) throw new BrokerUnavailableError(ending.reason)
    // A subscription added while connecting has no consumer yet.
    if (this.#consumers.length < this.#subscriptions.length)
      throw new BrokerUnavailableError('a new subscription')

    this.#publisher = publisher
    this.#everConnected = true
    this.#options.log.info('broker connected')
    for (const listener of this.#listeners) listener()
    return { ended: end.promise.finally(() => this.#tearDown()) }
  }

  /** Closes the current connections, if any, so that `#run` opens new ones. */
  #drop(why: string): void {
    if (this.#connections.length === 0) return
    this.#ending.reason ??= why
    this.#publisher = undefined
    this.#options.log.debug('closing the broker connection', { why })
    for (const connection of this.#connections) void closeConnection(connection)
  }

  async #tearDown(): Promise<void> {
    for (const consumer of this.#consumers) consumer.abandon()
    this.#consumers = []
    this.#publisher = undefined
    const connections = this.#connections
    this.#connections = []
    await Promise.all(connections.map(closeConnection))
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
