import type { Socket } from 'node:net'
import { BrokerUnavailableError, type Topology } from '@bets/domain/message-broker'
import { type Channel, type ChannelModel, connect, credentials } from 'amqplib'

/**
 * amqplib closes a silent connection after two to three heartbeats: up to 30 s with a heartbeat of
 * 10 (tested). RabbitMQ's guide warns against less than five.
 */
const HEARTBEAT_SECONDS = 6
const CONNECT_TIMEOUT_MS = 5_000
const CLOSE_TIMEOUT_MS = 1_000
/** How long to wait for an answer while stopping: the connection may be half-open. */
const ANSWER_TIMEOUT_MS = 1_000

/** The caller must listen to 'error': without a listener, it would end the process. */
export async function openConnection(brokerUrl: string): Promise<ChannelModel> {
  const url = new URL(brokerUrl)
  url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  return connect(url.href, { timeout: CONNECT_TIMEOUT_MS, ...loginOf(url) })
}

/** amqplib itself would decode only the characters of Latin-1. */
function loginOf({ username, password }: URL) {
  if (username === '' && password === '') return {}
  return {
    credentials: credentials.plain(decodeURIComponent(username), decodeURIComponent(password)),
  }
}

/**
 * Closes the connection gracefully, and destroys the socket if there is no answer: the connection
 * may be half-open.
 */
export async function closeConnection(connection: ChannelModel): Promise<void> {
  const { stream } = connection.connection as unknown as { stream: Socket }
  // Rejects if the connection is already closing, which is just as good.
  const closed = connection.close().catch(() => {})
  await Promise.race([closed, Bun.sleep(CLOSE_TIMEOUT_MS)])
  stream.destroy(new Error('closed'))
}

const ACCESS_REFUSED = 403

/**
 * Declares the topology. What already exists in the same form stays unchanged. A user who may not
 * declare it (who may declare may delete) makes do with what the deployment has declared.
 */
export async function ensureTopology(connection: ChannelModel, topology: Topology): Promise<void> {
  if (await allowed(connection, (channel) => declareTopology(channel, topology))) return
  // From 4.2.6 on, RabbitMQ does not tell a user without a right on something whether it exists.
  for (const exchange of topology.exchanges)
    await allowed(connection, (channel) => channel.checkExchange(exchange))
  for (const { name } of topology.queues)
    await allowed(connection, (channel) => channel.checkQueue(name))
}

/**
 * Whether the user may do this, on a channel of its own: RabbitMQ closes one on which it refuses
 * something. Rejects when it fails for another reason.
 */
async function allowed(
  connection: ChannelModel,
  work: (channel: Channel) => Promise<unknown>,
): Promise<boolean> {
  const channel = await connection.createChannel()
  // Without a listener, it would end the process. The pending call rejects anyway.
  channel.on('error', () => {})
  try {
    await work(channel)
  } catch (error) {
    if ((error as { code?: unknown }).code !== ACCESS_REFUSED) throw error
    return false
  }
  await channel.close()
  return true
}

/** Rejects when it exists in another form, or when the user may not declare it. */
export async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  for (const exchange of topology.exchanges)
    await channel.assertExchange(exchange, 'topic', { durable: true })
  for (const queue of topology.queues) {
    await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments })
    await channel.bindQueue(queue.name, queue.exchange, queue.routingKey)
  }
}

/** What a consumer must know of its queue. It dead-letters to the same exchange as RabbitMQ. */
export function consumedQueue({ queues }: Topology, queueName: string) {
  const queue = queues.find(({ name }) => name === queueName)
  const deadLetterExchange = queue?.arguments['x-dead-letter-exchange']
  if (queue === undefined || typeof deadLetterExchange !== 'string')
    throw new Error(`The topology has no queue ${queueName} with a dead-letter exchange.`)
  return { deadLetterExchange, maxMessageBytes: queue.maxMessageBytes }
}

/**
 * amqplib's wording of AMQP's ACCESS_REFUSED for a login and NOT_ALLOWED for a virtual host. The
 * latter loses its code.
 */
const REFUSED_LOGIN = /ACCESS-REFUSED|Expected ConnectionOpenOk; got <ConnectionClose/

/** Whether RabbitMQ rejected the user, the password or the virtual host. */
export function isRefusedLogin(error: unknown): boolean {
  return REFUSED_LOGIN.test(String(error))
}

/**
 * A RabbitMQ that is just starting accepts connections but may never answer on them.
 */
const SET_UP_TIMEOUT_MS = 10_000

/** The result of `setUp`, or `BrokerUnavailableError` when RabbitMQ does not answer in time. */
export async function withinSetUpTime<T>(setUp: Promise<T>): Promise<T> {
  const timeUp = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => timeUp.reject(new BrokerUnavailableError('RabbitMQ did not answer in time.')),
    SET_UP_TIMEOUT_MS,
  )
  try {
    return await Promise.race([setUp, timeUp.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves with any answer, or after a time limit. */
export async function answered(request: () => Promise<unknown>): Promise<void> {
  await Promise.race([request().catch(() => {}), Bun.sleep(ANSWER_TIMEOUT_MS)])
}
