import { BET_MAKER_TOPOLOGY } from '@bets/domain/messages'
import { connect } from 'amqplib'
import { testServiceUrl } from './test-services.ts'

/**
 * Deletes the project's queues and exchanges, if any, on the broker for tests. Returns its URL.
 * Consumers of the queues are cancelled.
 */
export async function cleanBroker(): Promise<string> {
  const url = testServiceUrl('TEST_BROKER_URL')
  const connection = await connect(url)
  try {
    const channel = await connection.createChannel()
    for (const { name } of BET_MAKER_TOPOLOGY.queues) await channel.deleteQueue(name)
    for (const name of BET_MAKER_TOPOLOGY.exchanges) await channel.deleteExchange(name)
  } finally {
    await connection.close()
  }
  return url
}
