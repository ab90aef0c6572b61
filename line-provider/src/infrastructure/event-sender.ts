import { changeId } from '@bets/domain/event'
import { toLineEvent } from '@bets/domain/line-event'
import type { MessageBroker } from '@bets/domain/message-broker'
import {
  EVENT_CHANGED_KEY,
  EVENT_MESSAGE_TYPE,
  type EventMessage,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import type { EventSender } from '../application/ports.ts'

/** Sends events as messages to the exchange of the line. */
export function createEventSender(broker: MessageBroker): EventSender {
  return {
    async send(events) {
      const outcomes = await broker.publish(
        events.map((event) => {
          const message: EventMessage = {
            message_type: EVENT_MESSAGE_TYPE,
            data: toLineEvent(event),
          }
          return {
            id: changeId(event),
            type: EVENT_MESSAGE_TYPE,
            exchange: LINE_EXCHANGE,
            routingKey: EVENT_CHANGED_KEY,
            body: JSON.stringify(message),
          }
        }),
      )
      const firstFailed = outcomes.findIndex((outcome) => outcome !== 'confirmed')
      return firstFailed === -1 ? outcomes.length : firstFailed
    },
  }
}
