import type { Log } from '@bets/domain/log'
import type { Topology } from '@bets/domain/message-broker'
import { SettingError } from '../process/env.ts'
import { RabbitMqBroker } from './rabbitmq-broker.ts'

/**
 * The broker of a process of its own, which connects by itself. A login that RabbitMQ refuses at
 * the very first connection ends the process with a `SettingError`.
 */
export function startBroker(url: string, topology: Topology, log: Log): RabbitMqBroker {
  const onRefused = () => {
    throw new SettingError(
      'BROKER_URL',
      'was refused by RabbitMQ: wrong user, password or virtual host',
    )
  }
  return new RabbitMqBroker({ url, topology, log, onRefused })
}
