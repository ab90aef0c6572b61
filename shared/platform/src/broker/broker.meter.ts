import type { MessageBroker } from '@bets/domain/message-broker'
import type { Metrics } from '../metrics/metrics.ts'

/** Shows the broker's connection, and of a consumer how much it has put among the dead letters. */
export function meterBroker(metrics: Metrics, broker: MessageBroker): void {
  metrics.gauge('bets_broker_up', '1 while connected to RabbitMQ and not blocked by it.', () =>
    broker.state === 'up' ? 1 : 0,
  )
  metrics.counterOf(
    'bets_dead_letters_total',
    'Messages that this process put among the dead letters.',
    () => broker.deadLettered,
  )
}
