import { DEAD_QUEUE, EVENT_QUEUE } from '@bets/domain/messages'
import { messageOf, onBroker, publish } from '../../traffic/broker.ts'

const POISONS = [
  'not json',
  '{"message_type":"weather","data":{}}',
  '{"message_type":"event","data":{"event_id":""}}',
]
/** Prefixes of the ids of messages that the model publishes. */
const POISON = 'poison'
const REPEAT = 'repeat'

async function publishAs(url: string, kind: string, bodies: readonly string[]): Promise<void> {
  await onBroker(url, async (channel) => {
    for (const body of bodies) publish(channel, `${kind}-${crypto.randomUUID()}`, body)
  })
}

/** Publishes old and current versions of events. */
export const repeat = (url: string, events: readonly object[]) =>
  publishAs(url, REPEAT, events.map(messageOf))

/** Publishes invalid messages. */
export const poison = (url: string) => publishAs(url, POISON, POISONS)

/** Loses the queued messages. */
export async function purge(url: string): Promise<void> {
  await onBroker(url, (channel) => channel.purgeQueue(EVENT_QUEUE))
}

/** Drains the dead-letter queue and returns what is not poison. */
export function takeDeadLetters(url: string): Promise<string[]> {
  return onBroker(url, async (channel) => {
    const found: string[] = []
    for (;;) {
      const message = await channel.get(DEAD_QUEUE, { noAck: true })
      if (message === false) return found
      const id = String(message.properties.messageId)
      if (!id.startsWith(POISON)) found.push(`${id}: ${message.content}`)
    }
  })
}
