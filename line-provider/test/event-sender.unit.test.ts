import { expect, test } from 'bun:test'
import { fromLineEvent } from '@bets/domain/line-event'
import type { MessageBroker, OutgoingMessage, PublishOutcome } from '@bets/domain/message-broker'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { createEventSender } from '../src/infrastructure/event-sender.ts'

const EVENTS = [1, 2, 3].map((version) => lineEvent(`m-${version}`, { version }))

/** Sends the events through a broker that answers with the outcomes. */
async function send(
  ...outcomes: PublishOutcome[]
): Promise<{ sent: number; messages: OutgoingMessage[] }> {
  const messages: OutgoingMessage[] = []
  const broker: Pick<MessageBroker, 'publish'> = {
    async publish(published) {
      messages.push(...published)
      return outcomes
    },
  }
  const sender = createEventSender(broker as MessageBroker)
  return { sent: await sender.send(EVENTS.map(fromLineEvent)), messages }
}

test('a message has the event as in HTTP responses, and its own id', async () => {
  const { messages } = await send('confirmed', 'confirmed', 'confirmed')
  expect(messages.map(({ id }) => id)).toEqual(['m-1:1', 'm-2:2', 'm-3:3'])
  expect(JSON.parse(messages[1]?.body ?? '')).toEqual({ message_type: 'event', data: EVENTS[1] })
})

test('F02 messages count as sent up to the first one that was returned or is unknown', async () => {
  expect((await send('confirmed', 'confirmed', 'confirmed')).sent).toBe(3)
  expect((await send('confirmed', 'returned', 'confirmed')).sent).toBe(1)
  expect((await send('unknown', 'confirmed', 'confirmed')).sent).toBe(0)
})
