import type { Socket } from 'node:net'
import { type Channel, type ChannelModel, connect } from 'amqplib'
import type { Log } from '../runtime/log.ts'
import type { Topology } from './contracts.ts'
import {
  BrokerUnavailableError,
  type MessageBroker,
  type OutgoingMessage,
  type PublishOutcome,
  type Subscription,
} from './message-broker.ts'
import { RabbitMqConsumer } from './rabbitmq-consumer.ts'
import { RabbitMqPublisher } from './rabbitmq-publisher.ts'

/**
 * amqplib gives a silent connection up after two to three of these; ten seconds took it up to 30 (tried). RabbitMQ's
 * guide warns of less than five.
 */
const HEARTBEAT_SECONDS = 6
const CONNECT_TIMEOUT_MS = 5_000
const CONFIRM_TIMEOUT_MS = 10_000
const CLOSE_TIMEOUT_MS = 1_000
const RECONNECT_MIN_MS = 100
const RECONNECT_MAX_MS = 5_000

export interface RabbitMqBrokerOptions {
  /** `amqp://user:password@host:port/vhost` */
  url: string
  topology: Topology
  log: Log
  /** How long a confirm may take; a connection on which one is missing is given up. */
  confirmTimeoutMs?: number
  /** The longest pause between two tries to connect; it varies by half of it. */
  reconnectMaxMs?: number
  /** Called when the very first connection is refused for its user, password or virtual host: waiting mends nothing. */
  onRefused?(): void
}

/** AMQP's ACCESS_REFUSED for a login and NOT_ALLOWED for a virtual host, as amqplib words them: of the latter no code is left. */
const REFUSED_LOGIN = /ACCESS-REFUSED|Expected ConnectionOpenOk; got <ConnectionClose/

/**
 * RabbitMQ through amqplib. One connection with a confirm channel to publish on and a channel for each subscription;
 * whatever ends one of them (an error, a cancelled consumer, a deleted queue, a confirm that never comes) closes all,
 * and everything is built anew after a back-off: one way back instead of one per fault.
 */
export class RabbitMqBroker implements MessageBroker {
  readonly #options: RabbitMqBrokerOptions
  readonly #subscriptions: Subscription[] = []
  readonly #listeners: (() => void)[] = []
  #consumers: RabbitMqConsumer[] = []
  #connection: ChannelModel | undefined
  #publisher: RabbitMqPublisher | undefined
  #blocked = false
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
    return this.#publisher === undefined || this.#blocked ? 'down' : 'up'
  }

  get deadLettered(): number {
    return this.#deadLettered
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
    const publisher = this.#publisher
    // While RabbitMQ blocks publishers, what is written only fills the sockets and then our memory.
    if (publisher === undefined || this.#blocked)
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
    return outcomes
  }

  subscribe(subscription: Subscription): void {
    this.#subscriptions.push(subscription)
    // Consumers are set up with the connection, so that there is only one way to get one.
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
    await this.#running
  }

  async #run(): Promise<void> {
    let delayMs = RECONNECT_MIN_MS
    while (!this.#closed) {
      const began = performance.now()
      try {
        const { ended } = await this.#connect()
        const reason = await ended
        if (this.#closed) return
        this.#options.log.warn('broker connection ended', { reason })
        // One that stood is built anew at once; one that falls again and again is not.
        if (performance.now() - began > RECONNECT_MAX_MS) delayMs = RECONNECT_MIN_MS
      } catch (error) {
        if (!this.#everConnected && REFUSED_LOGIN.test(String(error))) this.#options.onRefused?.()
        this.#options.log.warn('broker not reachable, trying again', { error, delayMs })
        await this.#tearDown()
        if (this.#closed) return
      }
      // Of random length, so that many clients of a broker that restarts do not come all at once.
      await this.#sleep(delayMs * (0.5 + Math.random()))
      delayMs = Math.min(delayMs * 2, this.#options.reconnectMaxMs ?? RECONNECT_MAX_MS)
    }
  }

  /** Connects and sets everything up; `ended` resolves with the reason when the connection has ended. */
  async #connect(): Promise<{ ended: Promise<string> }> {
    const url = new URL(this.#options.url)
    url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
    const connection = await connect(url.href, { timeout: CONNECT_TIMEOUT_MS })
    this.#connection = connection
    this.#blocked = false
    let reason = 'closed'
    const ended = new Promise<string>((resolve) => connection.once('close', () => resolve(reason)))
    // An 'error' without a listener would end the process; 'close' follows it.
    connection.on('error', (error) => {
      reason = String(error)
    })
    connection.on('blocked', (why) => {
      this.#blocked = true
      this.#options.log.warn('broker blocks publishers', { why })
    })
    connection.on('unblocked', () => {
      this.#blocked = false
    })

    const watch = <T extends Channel>(channel: T): T => {
      channel.on('error', (error) => {
        reason = String(error)
      })
      channel.on('close', () => this.#drop('channel closed'))
      return channel
    }

    const channel = watch(await connection.createConfirmChannel())
    const publisher = new RabbitMqPublisher(channel)
    await declareTopology(channel, this.#options.topology)
    const owner = {
      onBroken: () => this.#drop('the consumer is broken'),
      onDead: () => ++this.#deadLettered,
    }
    for (const subscription of [...this.#subscriptions]) {
      const ownChannel = watch(await connection.createChannel())
      this.#consumers.push(
        new RabbitMqConsumer(ownChannel, publisher, subscription, this.#options.log, owner),
      )
    }
    await Promise.all(this.#consumers.map((consumer) => consumer.start()))
    if (this.#closed) throw new BrokerUnavailableError('closing')
    // One that came while we were connecting has no consumer yet.
    if (this.#consumers.length < this.#subscriptions.length)
      throw new BrokerUnavailableError('a new subscription')

    this.#publisher = publisher
    this.#everConnected = true
    this.#options.log.info('broker connected')
    for (const listener of this.#listeners) listener()
    return { ended: ended.finally(() => this.#tearDown()) }
  }

  /** Ends the connection in hand, if any, so that `#run` builds a new one. */
  #drop(why: string): void {
    this.#wake()
    const connection = this.#connection
    if (connection === undefined) return
    this.#publisher = undefined
    this.#options.log.debug('dropping the broker connection', { why })
    void this.#close(connection)
  }

  async #tearDown(): Promise<void> {
    for (const consumer of this.#consumers) consumer.abandon()
    this.#consumers = []
    this.#publisher = undefined
    const connection = this.#connection
    this.#connection = undefined
    if (connection !== undefined) await this.#close(connection)
  }

  /** Closes politely, and cuts the socket when the other side does not answer: the connection may be half-open. */
  async #close(connection: ChannelModel): Promise<void> {
    const { stream } = connection.connection as unknown as { stream: Socket }
    // One that is closing already says so by rejecting, and is as good as closed.
    const closed = connection.close().catch((error) => this.#options.log.debug('not closed', { error }))
    await Promise.race([closed, Bun.sleep(CLOSE_TIMEOUT_MS)])
    stream.destroy(new Error('closed'))
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

async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  for (const exchange of topology.exchanges)
    await channel.assertExchange(exchange, 'topic', { durable: true })
  for (const queue of topology.queues) {
    await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments })
    await channel.bindQueue(queue.name, queue.exchange, queue.routingKey)
  }
}
