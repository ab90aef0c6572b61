import type { Socket } from 'node:net'
import type { Topology } from '@bets/domain/message-broker'
import { type Channel, type ChannelModel, connect } from 'amqplib'

/**
 * amqplib closes a silent connection after two to three heartbeats: up to 30 s with a heartbeat of
 * 10 (tested). RabbitMQ's guide warns against less than five.
 */
const HEARTBEAT_SECONDS = 6
const CONNECT_TIMEOUT_MS = 5_000
const CLOSE_TIMEOUT_MS = 1_000

/** The caller must listen to 'error': without a listener, it would end the process. */
export function openConnection(brokerUrl: string): Promise<ChannelModel> {
  const url = new URL(brokerUrl)
  url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  return connect(url.href, { timeout: CONNECT_TIMEOUT_MS })
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

/** Declares the topology. What already exists in the same form stays unchanged. */
export async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  for (const exchange of topology.exchanges)
    await channel.assertExchange(exchange, 'topic', { durable: true })
  for (const queue of topology.queues) {
    await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments })
    await channel.bindQueue(queue.name, queue.exchange, queue.routingKey)
  }
}
