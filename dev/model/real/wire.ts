import { DEAD_QUEUE, EVENT_QUEUE } from '@bets/domain/messages'
import { messageOf, onBroker, publish } from '../../traffic/broker.ts'

const POISONS = [
  'not json',
  '{"message_type":"weather","data":{}}',
  '{"message_type":"event","data":{"event_id":""}}',
]
/** What the ids of messages that the model publishes begin with. */
const POISON = 'poison'
const REPEAT = 'repeat'

async function publishAs(url: string, kind: string, bodies: readonly string[]): Promise<void> {
  await onBroker(url, async (channel) => {
    for (const body of bodies) publish(channel, `${kind}-${crypto.randomUUID()}`, body)
  })
}

/** Publishes events as they once were, or still are. */
export const repeat = (url: string, events: readonly object[]) =>
  publishAs(url, REPEAT, events.map(messageOf))

/** Publishes what nobody can understand. */
export const poison = (url: string) => publishAs(url, POISON, POISONS)

/** Loses what waits to be delivered. */
export async function purge(url: string): Promise<void> {
  await onBroker(url, (channel) => channel.purgeQueue(EVENT_QUEUE))
}

/** Takes the dead letters out of their queue; returns those that are not poison. */
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
