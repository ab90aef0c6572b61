import { type Static, Type } from 'typebox'
import { LineEvent } from './line-event.ts'
import type { Topology } from './message-broker.ts'

/**
 * The messages between the services. A message states a fact ("at version 3, m-1 is …"). It may
 * arrive twice, late, out of order or not at all, so consumers compare versions.
 */
export const EVENT_MESSAGE_TYPE = 'event'

/**
 * The body of a message. Unknown fields are ignored, so that newer publishers can add some.
 */
export const EventMessage = Type.Object({
  message_type: Type.Literal(EVENT_MESSAGE_TYPE),
  data: LineEvent,
})
export type EventMessage = Static<typeof EventMessage>

/**
 * The largest body of a message. An event takes at most 7 KB, however its text is escaped; the rest
 * is room for fields of newer publishers. `max_message_size` in `deploy/rabbitmq` is the same.
 */
export const MAX_MESSAGE_BYTES = 64 * 1024

export const LINE_EXCHANGE = 'line'
export const DEAD_EXCHANGE = 'line.dead'
export const EVENT_CHANGED_KEY = 'event.changed'
export const EVENT_QUEUE = 'bet-maker.line'
export const DEAD_QUEUE = 'bet-maker.line.dead'

/**
 * Reading a dead letter and putting it back counts as a delivery, and a message over the limit
 * would be dropped. A large number is the only "no limit" that all RabbitMQ versions understand:
 * version 4 defaults to 20, and -1, which means no limit in 4, makes 3.10 drop a message after its
 * first delivery (tested).
 */
const NO_DELIVERY_LIMIT = 1_000_000_000

/** What line-provider declares in order to publish. */
export const LINE_PROVIDER_TOPOLOGY: Topology = { exchanges: [LINE_EXCHANGE], queues: [] }

/**
 * What the worker declares in order to consume. Declaring is idempotent, so processes may start in
 * any order.
 */
export const BET_MAKER_TOPOLOGY: Topology = {
  exchanges: [LINE_EXCHANGE, DEAD_EXCHANGE],
  queues: [
    {
      name: DEAD_QUEUE,
      exchange: DEAD_EXCHANGE,
      routingKey: '#',
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': NO_DELIVERY_LIMIT },
      maxMessageBytes: MAX_MESSAGE_BYTES,
    },
    {
      name: EVENT_QUEUE,
      exchange: LINE_EXCHANGE,
      routingKey: EVENT_CHANGED_KEY,
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': 20,
        'x-dead-letter-exchange': DEAD_EXCHANGE,
        // At-least-once dead-lettering requires reject-publish: the queue may not drop messages to
        // make room.
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
      maxMessageBytes: MAX_MESSAGE_BYTES,
    },
  ],
}
