import { type Static, Type } from 'typebox'
import { LineEvent } from './line-event.ts'
import type { Topology } from './message-broker.ts'

/**
 * What the services say to each other through the broker. A message is a statement of fact ("m-1
 * is, at version 3, …"): it may come twice, late, out of order or not at all, and whoever reads it
 * compares versions.
 */
export const EVENT_MESSAGE_TYPE = 'event'

/**
 * The body of a message. Fields it does not know are ignored, so that a newer sender can add some.
 */
export const EventMessage = Type.Object({
  message_type: Type.Literal(EVENT_MESSAGE_TYPE),
  data: LineEvent,
})
export type EventMessage = Static<typeof EventMessage>

export const LINE_EXCHANGE = 'line'
export const DEAD_EXCHANGE = 'line.dead'
export const EVENT_CHANGED_KEY = 'event.changed'
export const EVENT_QUEUE = 'bet-maker.line'
export const DEAD_QUEUE = 'bet-maker.line.dead'

/**
 * Looking at a dead letter and putting it back counts as a delivery, and beyond its limit a message
 * would be dropped. A large number is the one way to say "no limit" that every RabbitMQ
 * understands: 4 takes 20 when nothing is said, and -1, which 4 reads as no limit, makes 3.10 drop
 * a message after its first delivery (tried).
 */
const NO_DELIVERY_LIMIT = 1_000_000_000

/** What line-provider needs to publish. */
export const LINE_PROVIDER_TOPOLOGY: Topology = { exchanges: [LINE_EXCHANGE], queues: [] }

/**
 * What the worker needs to consume. Declaring is idempotent, so the sides may start in any order.
 */
export const BET_MAKER_TOPOLOGY: Topology = {
  exchanges: [LINE_EXCHANGE, DEAD_EXCHANGE],
  queues: [
    {
      name: DEAD_QUEUE,
      exchange: DEAD_EXCHANGE,
      routingKey: '#',
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': NO_DELIVERY_LIMIT },
    },
    {
      name: EVENT_QUEUE,
      exchange: LINE_EXCHANGE,
      routingKey: EVENT_CHANGED_KEY,
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': 20,
        'x-dead-letter-exchange': DEAD_EXCHANGE,
        // At-least-once dead lettering works only with reject-publish: nothing may be dropped to
        // make room.
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
    },
  ],
}
