import { afterEach, beforeEach } from 'bun:test'
import {
  DONE,
  type IncomingMessage,
  type MessageBroker,
  type Verdict,
} from '@bets/domain/message-broker'
import { BET_MAKER_TOPOLOGY, DEAD_QUEUE, EVENT_QUEUE } from '@bets/domain/messages'
import { MemoryBroker } from '../src/broker/memory-broker.ts'
import {
  cleanRabbitMq,
  connected,
  eventually,
  idsOf,
  rabbitMqBroker,
  withChannel,
} from './rabbitmq.ts'

export interface DeadLetter {
  id: string | undefined
  body: string
  reason: string
}

interface Implementation {
  create(): Promise<MessageBroker>
  deadLetters(broker: MessageBroker): Promise<DeadLetter[]>
}

const memory: Implementation = {
  create: async () => new MemoryBroker(BET_MAKER_TOPOLOGY),
  deadLetters: async (broker) =>
    (broker as MemoryBroker).deadLetters.map(({ message, reason }) => ({
      id: message.id,
      body: message.body.toString(),
      reason,
    })),
}

const rabbitMq: Implementation = {
  async create() {
    await cleanRabbitMq()
    const broker = rabbitMqBroker()
    await connected(broker)
    return broker
  },
  deadLetters: () =>
    withChannel(async (channel) => {
      const found: DeadLetter[] = []
      for (;;) {
        const dead = await channel.get(DEAD_QUEUE, { noAck: true })
        if (dead === false) return found
        const { messageId, headers } = dead.properties
        const body = dead.content.toString()
        found.push({ id: messageId, body, reason: headers?.['x-dead-reason'] })
      }
    }),
}

/** The implementations of the port, for `describe.each`. */
export const BROKERS = [
  ['MemoryBroker', memory],
  ['RabbitMqBroker', rabbitMq],
] as const

/** A new broker for each test, to publish as the line and to receive as bet-maker. */
export function useBroker({ create }: Implementation) {
  let broker: MessageBroker
  beforeEach(async () => {
    broker = await create()
  })
  // In some tests for the second time, which must be harmless.
  afterEach(() => broker.close())

  /** Subscribes and records every batch. `handle` decides the verdicts. */
  function receive(
    handle: (batch: readonly IncomingMessage[]) => Promise<readonly Verdict[]> = async (batch) =>
      batch.map(() => DONE),
    prefetch = 200,
  ) {
    const batches: IncomingMessage[][] = []
    broker.subscribe({
      queue: EVENT_QUEUE,
      prefetch,
      handle(batch) {
        batches.push([...batch])
        return handle(batch)
      },
    })
    // Sorted, because the port does not guarantee any order.
    return { batches, ids: () => idsOf(batches.flat()).sort() }
  }
  const came = (received: { ids(): string[] }, count: number) =>
    eventually(`${count} messages arrive`, () => received.ids().length >= count)

  /** A new subscription makes RabbitMQ reconnect. */
  const subscribed = () => eventually('the subscription is up', () => broker.state === 'up')
  return { line: () => broker, receive, came, subscribed }
}
