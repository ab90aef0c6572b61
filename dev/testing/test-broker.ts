import { BET_MAKER_TOPOLOGY } from '@bets/domain/messages'
import { connect } from 'amqplib'
import { testServiceUrl } from './test-services.ts'

/**
 * Deletes the project's queues and exchanges on the broker for tests, with whatever is in them, and
 * returns its URL. What is not there is no error. Whoever still has a consumer on a queue gets it
 * cancelled.
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
