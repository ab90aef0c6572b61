import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventConsumer } from '@bets/bet-maker/src/presentation/event.consumer.ts'
import {
  BET_MAKER_TOPOLOGY,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import { RabbitMqBroker } from '@bets/platform/broker/rabbitmq-broker'
import { createLog } from '@bets/platform/process/log'
import { wireWorker } from '../../bet-maker/test/bet-app.ts'
import { eventually } from '../testing/eventually.ts'
import { lineEvent } from '../testing/line-event.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { cleanBroker } from '../testing/test-broker.ts'
import { createBetDatabase, type TestDatabase } from '../testing/test-database.ts'
import { deadLetters, onBroker } from '../traffic/broker.ts'

/** More than the queue's delivery limit of 20, which a message hit every time would exceed. */
const CUTS = 30
const EVENTS = 40
const SEND_EVERY_MS = 20
const log = createLog('test', 'silent')

let database: TestDatabase
let proxy: TcpProxy
let url: string

beforeAll(async () => {
  url = await cleanBroker()
  database = await createBetDatabase()
  proxy = await new TcpProxy(url).open()
})
afterAll(async () => {
  await proxy.close()
  await database.drop()
})

const isUp = (broker: RabbitMqBroker) =>
  eventually(() => expect(broker.state).toBe('up'), { withinMs: 10_000 })

test('F05 a storm of reconnections dead-letters nothing, and every change is applied', async () => {
  // Wired as in the worker, but with shorter pauses, for more reconnections.
  const worker = new RabbitMqBroker({
    url: proxy.url,
    topology: BET_MAKER_TOPOLOGY,
    log,
    reconnectMaxMs: 50,
  })
  const consumer = eventConsumer(wireWorker(database.sql))
  let handled = 0
  let repeated = 0
  worker.subscribe({
    ...consumer,
    handle(batch) {
      handled += batch.length
      repeated += batch.filter(({ redelivered }) => redelivered).length
      return consumer.handle(batch)
    },
  })
  await isUp(worker)
  const line = new RabbitMqBroker({ url, topology: BET_MAKER_TOPOLOGY, log })
  await isUp(line)

  let over = false
  let version = 0
  let sent = 0
  const publishing = (async () => {
    while (!over) {
      version++
      const outcomes = await line.publish(
        Array.from({ length: EVENTS }, (_, number) => ({
          id: `storm-${number}:${version}`,
          type: 'event',
          exchange: LINE_EXCHANGE,
          routingKey: EVENT_CHANGED_KEY,
          body: JSON.stringify({
            message_type: 'event',
            data: lineEvent(`storm-${number}`, { version }),
          }),
        })),
      )
      expect(new Set(outcomes)).toEqual(new Set(['confirmed']))
      sent += EVENTS
      await Bun.sleep(SEND_EVERY_MS)
    }
  })()
  const began = performance.now()
  for (let cut = 0; cut < CUTS; cut++) {
    await isUp(worker)
    await Bun.sleep(Math.random() * 60)
    proxy.cut()
    await eventually(() => expect(worker.state).toBe('down'))
  }
  const stormMs = Math.round(performance.now() - began)
  over = true
  await publishing

  await eventually(
    async () => {
      const behind =
        await database.sql`select event_id, version from line_events where version < ${version}`
      expect([...behind]).toEqual([])
      const { messageCount } = await onBroker(url, (channel) => channel.checkQueue(EVENT_QUEUE))
      expect(messageCount).toBe(0)
    },
    { withinMs: 10_000 },
  )
  expect(await database.sql`select from line_events`).toHaveLength(EVENTS)
  expect(await deadLetters(url)).toBe(0)
  expect(worker.deadLettered).toBe(0)
  await Promise.all([worker.close(), line.close()])
  console.log(
    `${CUTS} cuts in ${stormMs} ms: ${sent} messages, ${handled} deliveries, ` +
      `${repeated} of them repeated`,
  )
}, 60_000)
