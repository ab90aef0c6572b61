import {
  DEAD_EXCHANGE,
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import type { ConfirmChannel } from 'amqplib'
import type { BrokerUser } from './guarded-rabbitmq.ts'

export const publishTo = (exchange: string, key: string) => async (channel: ConfirmChannel) => {
  channel.publish(exchange, key, Buffer.from('{}'))
  await channel.waitForConfirms()
}
const declareQueue =
  (name: string, options = {}) =>
  (channel: ConfirmChannel) =>
    channel.assertQueue(name, options)
const declareExchange = (name: string) => (channel: ConfirmChannel) =>
  channel.assertExchange(name, 'topic')
const deleteQueue = (name: string) => (channel: ConfirmChannel) => channel.deleteQueue(name)
const deleteExchange = (name: string) => (channel: ConfirmChannel) => channel.deleteExchange(name)
const purge = (name: string) => (channel: ConfirmChannel) => channel.purgeQueue(name)
const read = (name: string) => (channel: ConfirmChannel) => channel.get(name)
const consume = (name: string) => (channel: ConfirmChannel) => channel.consume(name, () => {})
const bind = (queue: string, exchange: string) => (channel: ConfirmChannel) =>
  channel.bindQueue(queue, exchange, '#')

/** Operations that a user's process never does and that must be denied. */
export const REFUSED_BY_BROKER: [
  BrokerUser,
  string,
  (channel: ConfirmChannel) => Promise<unknown>,
][] = [
  ...(['line_provider', 'bet_worker', 'dead_letters'] as const).flatMap(
    (user): typeof REFUSED_BY_BROKER => [
      [user, 'publish to the default exchange, and so into any queue', publishTo('', EVENT_QUEUE)],
      [user, 'declare another queue', declareQueue('another')],
      [user, 'declare a queue that RabbitMQ names', declareQueue('', { exclusive: true })],
      [user, 'declare another exchange', declareExchange('another')],
      [user, 'delete an exchange of RabbitMQ', deleteExchange('amq.topic')],
      [user, 'publish to an exchange of RabbitMQ', publishTo('amq.topic', 'key')],
    ],
  ),
  ['line_provider', 'consume the line', consume(EVENT_QUEUE)],
  ['line_provider', 'read dead letters', read(DEAD_QUEUE)],
  ['line_provider', 'declare the queue of the line', declareQueue(EVENT_QUEUE)],
  ['line_provider', 'delete the queue of the line', deleteQueue(EVENT_QUEUE)],
  ['line_provider', 'purge the queue of the line', purge(EVENT_QUEUE)],
  ['line_provider', 'delete its exchange', deleteExchange(LINE_EXCHANGE)],
  ['line_provider', 'publish dead letters', publishTo(DEAD_EXCHANGE, 'key')],
  ['line_provider', 'delete the exchange of dead letters', deleteExchange(DEAD_EXCHANGE)],
  ['bet_worker', 'publish to the line', publishTo(LINE_EXCHANGE, EVENT_CHANGED_KEY)],
  ['bet_worker', 'delete the exchange of the line', deleteExchange(LINE_EXCHANGE)],
  ['bet_worker', 'delete the exchange of dead letters', deleteExchange(DEAD_EXCHANGE)],
  ['bet_worker', 'delete its queue', deleteQueue(EVENT_QUEUE)],
  ['bet_worker', 'delete dead letters with their queue', deleteQueue(DEAD_QUEUE)],
  ['bet_worker', 'bind its queue to the line', bind(EVENT_QUEUE, LINE_EXCHANGE)],
  ['bet_worker', 'read dead letters', read(DEAD_QUEUE)],
  ['bet_worker', 'consume dead letters', consume(DEAD_QUEUE)],
  ['bet_worker', 'purge dead letters', purge(DEAD_QUEUE)],
  ['dead_letters', 'publish dead letters', publishTo(DEAD_EXCHANGE, 'key')],
  ['dead_letters', 'consume the line', consume(EVENT_QUEUE)],
  ['dead_letters', 'purge the queue of the line', purge(EVENT_QUEUE)],
  ['dead_letters', 'delete dead letters with their queue', deleteQueue(DEAD_QUEUE)],
  ['dead_letters', 'delete the queue of the line', deleteQueue(EVENT_QUEUE)],
  ['dead_letters', 'delete the exchange of the line', deleteExchange(LINE_EXCHANGE)],
  ['dead_letters', 'delete the exchange of dead letters', deleteExchange(DEAD_EXCHANGE)],
  ['dead_letters', 'bind the dead letters to the line', bind(DEAD_QUEUE, LINE_EXCHANGE)],
]
