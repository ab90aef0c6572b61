import type { MessageBroker } from '@bets/domain/message-broker'
import type { Metrics } from '../metrics/metrics.ts'

/** Shows the state of the broker connection and the number of dead-lettered messages. */
export function meterBroker(metrics: Metrics, broker: MessageBroker): void {
  metrics.gauge('bets_broker_up', '1 while connected to RabbitMQ and not blocked by it.', () =>
    broker.state === 'up' ? 1 : 0,
  )
  metrics.counterOf(
    'bets_dead_letters_total',
    'Messages dead-lettered by this process.',
    () => broker.deadLettered,
  )
}
