import type { Socket } from 'node:net'
import type { Topology } from '@bets/domain/message-broker'
import { type Channel, type ChannelModel, connect } from 'amqplib'

/**
 * amqplib gives a silent connection up after two to three of these; ten seconds took it up to 30
 * (tried). RabbitMQ's guide warns of less than five.
 */
const HEARTBEAT_SECONDS = 6
const CONNECT_TIMEOUT_MS = 5_000
const CLOSE_TIMEOUT_MS = 1_000

/** Whoever takes it listens to its 'error': one without a listener would end the process. */
export function openConnection(brokerUrl: string): Promise<ChannelModel> {
  const url = new URL(brokerUrl)
  url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  return connect(url.href, { timeout: CONNECT_TIMEOUT_MS })
}

/**
 * Closes politely, and cuts the socket when the other side does not answer: the connection may be
 * half-open.
 */
export async function closeConnection(connection: ChannelModel): Promise<void> {
  const { stream } = connection.connection as unknown as { stream: Socket }
  // One that is closing already says so by rejecting, and is as good as closed.
  const closed = connection.close().catch(() => {})
  await Promise.race([closed, Bun.sleep(CLOSE_TIMEOUT_MS)])
  stream.destroy(new Error('closed'))
}

/** Declares all of it; what is there already in the same form stays as it is. */
export async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  for (const exchange of topology.exchanges)
    await channel.assertExchange(exchange, 'topic', { durable: true })
  for (const queue of topology.queues) {
    await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments })
    await channel.bindQueue(queue.name, queue.exchange, queue.routingKey)
  }
}
