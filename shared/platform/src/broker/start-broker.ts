import type { Log } from '@bets/domain/log'
import type { Topology } from '@bets/domain/message-broker'
import { SettingError } from '../process/env.ts'
import { RabbitMqBroker } from './rabbitmq-broker.ts'

/**
 * The broker of a separate process; it connects in the background. If RabbitMQ rejects the login at
 * the very first connection, the process ends with a `SettingError`.
 */
export function startBroker(url: string, topology: Topology, log: Log): RabbitMqBroker {
  const onRefused = () => {
    throw new SettingError(
      'BROKER_URL',
      'was rejected by RabbitMQ: wrong user, password or virtual host',
    )
  }
  return new RabbitMqBroker({ url, topology, log, onRefused })
}
