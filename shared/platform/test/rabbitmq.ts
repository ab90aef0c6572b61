import { afterEach, beforeEach } from 'bun:test'
import {
  DONE,
  type IncomingMessage,
  type MessageBroker,
  type OutgoingMessage,
} from '@bets/domain/message-broker'
import {
  BET_MAKER_TOPOLOGY,
  EVENT_CHANGED_KEY,
  EVENT_MESSAGE_TYPE,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import { type Channel, connect } from 'amqplib'
import { TcpProxy } from '../../../dev/testing/tcp-proxy.ts'
import { RabbitMqBroker, type RabbitMqBrokerOptions } from '../src/broker/rabbitmq-broker.ts'
import { createLog } from '../src/process/log.ts'

/** The time limit of whatever must happen by itself. */
const RECOVERY_MS = 10_000
/** Long enough for two of them. */
export const TEST_TIMEOUT_MS = 3 * RECOVERY_MS

/** The RabbitMQ for tests, which delete the queues and exchanges of this project on it. */
export function brokerUrl(): string {
  const url = process.env.TEST_BROKER_URL
  if (!url)
    throw new Error('Set TEST_BROKER_URL to a RabbitMQ for tests, or run them with `make test`.')
  return url
}

/** Uses a new channel, apart from the broker under test. */
export async function withChannel<T>(use: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(brokerUrl())
  try {
    const channel = await connection.createChannel()
    return await use(channel)
  } finally {
    await connection.close()
  }
}

/** Deletes the project's queues and exchanges, with the messages of other tests. */
export function cleanRabbitMq(): Promise<void> {
  return withChannel(async (channel) => {
    for (const { name } of BET_MAKER_TOPOLOGY.queues) await channel.deleteQueue(name)
    for (const exchange of BET_MAKER_TOPOLOGY.exchanges) await channel.deleteExchange(exchange)
  })
}

type Options = Partial<RabbitMqBrokerOptions>

export function rabbitMqBroker(options: Options = {}): RabbitMqBroker {
  return new RabbitMqBroker({
    url: brokerUrl(),
    topology: BET_MAKER_TOPOLOGY,
    log: createLog('test', 'silent'),
    ...options,
  })
}

/** Waits until a condition holds; fails with its name. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = RECOVERY_MS,
): Promise<void> {
  const untilMs = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error(`Not within ${withinMs} ms: ${what}`)
    await Bun.sleep(5)
  }
}

export const connected = (broker: MessageBroker) =>
  eventually('the broker is connected', () => broker.state === 'up')

/** A message, by default as line-provider sends it. */
export function message(id: string, changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    id,
    type: EVENT_MESSAGE_TYPE,
    exchange: LINE_EXCHANGE,
    routingKey: EVENT_CHANGED_KEY,
    body: `{"id":"${id}"}`,
    ...changes,
  }
}

export const messages = (count: number) =>
  Array.from({ length: count }, (_, index) => message(`m-${index}`))
export const idsOf = (batch: readonly (IncomingMessage | OutgoingMessage)[]) =>
  batch.map(({ id }) => id ?? '')

/**
 * Sets up a test file: each test starts with a clean RabbitMQ, and its connections are closed after
 * it.
 */
export function useRabbitMq() {
  const brokers: RabbitMqBroker[] = []
  let proxy: TcpProxy | undefined
  beforeEach(cleanRabbitMq)
  afterEach(async () => {
    await Promise.all(brokers.splice(0).map((broker) => broker.close()))
    await proxy?.close()
    proxy = undefined
  })

  const start = (options?: Options): RabbitMqBroker => {
    const broker = rabbitMqBroker(options)
    brokers.push(broker)
    return broker
  }
  const startConnected = async (options?: Options): Promise<RabbitMqBroker> => {
    const broker = start(options)
    await connected(broker)
    return broker
  }
  const openProxy = async (): Promise<TcpProxy> => {
    proxy = await new TcpProxy(brokerUrl()).open()
    return proxy
  }
  const startBehindProxy = async (options: Options = {}) => {
    const way = await openProxy()
    return { way, broker: await startConnected({ url: way.url, ...options }) }
  }
  return { start, startConnected, openProxy, startBehindProxy }
}

/** Subscribes and records what was handled. Resolves when the subscription is up. */
export async function receive(
  broker: MessageBroker,
  handle: (batch: readonly IncomingMessage[]) => Promise<void> = async () => {},
  prefetch = 200,
): Promise<{ received: IncomingMessage[]; ids(): string[] }> {
  const received: IncomingMessage[] = []
  broker.subscribe({
    queue: EVENT_QUEUE,
    prefetch,
    async handle(batch) {
      received.push(...batch)
      await handle(batch)
      return batch.map(() => DONE)
    },
  })
  await connected(broker)
  return { received, ids: () => idsOf(received) }
}
