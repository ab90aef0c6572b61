import { afterEach, beforeEach, expect, test } from 'bun:test'
import {
  BET_MAKER_TOPOLOGY,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
  LINE_PROVIDER_TOPOLOGY,
} from '@bets/domain/messages'
import { RabbitMqBroker, type RabbitMqBrokerOptions } from '@bets/platform/broker/rabbitmq-broker'
import { createLog } from '@bets/platform/process/log'
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { eventually } from '../../dev/testing/eventually.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { TcpProxy } from '../../dev/testing/tcp-proxy.ts'
import { cleanBroker } from '../../dev/testing/test-broker.ts'
import { testServiceUrl } from '../../dev/testing/test-services.ts'
import { Relay } from '../src/application/relay.ts'
import { createEventSender } from '../src/infrastructure/event-sender.ts'
import { createFeed } from '../src/infrastructure/feed.repository.ts'
import { createRelayLease } from '../src/infrastructure/relay-lease.repository.ts'
import { createLineApp, type LineApp } from './line-app.ts'

const BROKER_URL = testServiceUrl('TEST_BROKER_URL')

let line: LineApp
let connection: ChannelModel
let channel: ConfirmChannel
const brokers: RabbitMqBroker[] = []
const warnings: string[] = []

beforeEach(async () => {
  await cleanBroker()
  connection = await connect(BROKER_URL)
  channel = await connection.createConfirmChannel()
  line = await createLineApp()
})
afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.close()))
  await connection.close()
  await line.close()
  warnings.length = 0
})

async function connected(options: Partial<RabbitMqBrokerOptions> = {}): Promise<RabbitMqBroker> {
  const broker = new RabbitMqBroker({
    url: BROKER_URL,
    topology: LINE_PROVIDER_TOPOLOGY,
    log: createLog('test', 'silent'),
    ...options,
  })
  brokers.push(broker)
  await isUp(broker)
  return broker
}
const isUp = (broker: RabbitMqBroker) =>
  eventually(() => expect(broker.state).toBe('up'), { withinMs: 10_000 })

/** A relay as line-provider wires it, whose rounds the test starts. */
const relayOn = (broker: RabbitMqBroker) =>
  new Relay({
    feed: createFeed(line.sql),
    lease: createRelayLease(line.sql),
    sender: createEventSender(broker),
    log: createLog('relay', 'warn', (text) => warnings.push(text)),
    holder: crypto.randomUUID(),
  })

/** Declares the queues of a worker. */
const declareQueues = () => connected({ topology: BET_MAKER_TOPOLOGY })

const putEvents = async (ids: readonly string[]) => {
  for (const event_id of ids)
    await line.event({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE })
}

/** The recorded position of the relay, and the newest change. */
async function progress() {
  const [row] = await line.sql`
    select (select published_seq from relay_lease)::int as published,
           (select max(seq) from events)::int as newest`
  return row
}

/** Takes the messages that have arrived; returns their ids. */
async function takeSent(queue = EVENT_QUEUE): Promise<string[]> {
  const ids: string[] = []
  for (;;) {
    const message = await channel.get(queue, { noAck: true })
    if (message === false) return ids
    ids.push(message.properties.messageId)
  }
}

test('F02 an unroutable change is sent once there is a queue, and logged once', async () => {
  const relay = relayOn(await connected())
  await putEvents(['a', 'b'])
  // Retried after a second, even if woken: each try would be returned again.
  for (let round = 0; round < 3; round++)
    expect(await relay.round()).toEqual({ waitMs: 1_000, uninterruptible: true })
  expect(await progress()).toEqual({ published: 0, newest: 2 })
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain('"eventId":"a"')

  await declareQueues()
  expect(await relay.round()).toEqual({ waitMs: 0 })
  expect(await progress()).toEqual({ published: 2, newest: 2 })
  expect(await takeSent()).toEqual(['a:1', 'b:1'])
})

test('F02 if the broker rejects part of a window, that part and the rest are resent', async () => {
  const relay = relayOn(await connected())
  const { queue } = await channel.assertQueue('', {
    exclusive: true,
    arguments: { 'x-max-length': 2, 'x-overflow': 'reject-publish' },
  })
  await channel.bindQueue(queue, LINE_EXCHANGE, EVENT_CHANGED_KEY)
  await putEvents(['a', 'b', 'c', 'd', 'e'])
  expect(await relay.round()).toEqual({ waitMs: 1_000, uninterruptible: true })
  expect(await progress()).toEqual({ published: 2, newest: 5 })
  expect(await takeSent(queue)).toEqual(['a:1', 'b:1'])
  // Room for two more, then for the last.
  await relay.round()
  expect(await progress()).toEqual({ published: 4, newest: 5 })
  expect(await takeSent(queue)).toEqual(['c:1', 'd:1'])
  await relay.round()
  expect(await progress()).toEqual({ published: 5, newest: 5 })
  expect(await takeSent(queue)).toEqual(['e:1'])
})

test('F02 a change without a confirm does not count as sent and is sent again', async () => {
  await declareQueues()
  const way = await new TcpProxy(BROKER_URL).open()
  const broker = await connected({ url: way.url, confirmTimeoutMs: 300 })
  const relay = relayOn(broker)
  await putEvents(['a', 'b'])
  way.freeze()
  const began = performance.now()
  await relay.round()
  console.log(
    `a confirm that never comes: given up after ${Math.round(performance.now() - began)} ms`,
  )
  expect(await progress()).toEqual({ published: 0, newest: 2 })
  // Without a connection a round fails, and `Repeat` starts the next.
  expect(await relay.round().catch((error: Error) => error.name)).toBe('BrokerUnavailableError')

  await isUp(broker)
  await relay.round()
  expect(await progress()).toEqual({ published: 2, newest: 2 })
  expect(new Set(await takeSent())).toEqual(new Set(['a:1', 'b:1']))
  await way.close()
})
