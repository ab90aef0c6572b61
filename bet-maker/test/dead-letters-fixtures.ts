import { afterAll, beforeAll, beforeEach, expect } from 'bun:test'
import {
  BET_MAKER_TOPOLOGY,
  DEAD_EXCHANGE,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
} from '@bets/domain/messages'
import { RabbitMqBroker } from '@bets/platform/broker/rabbitmq-broker'
import { createLog } from '@bets/platform/process/log'
import { type ChannelModel, type ConfirmChannel, connect, type Options } from 'amqplib'
import { eventually } from '../../dev/testing/eventually.ts'
import { cleanBroker } from '../../dev/testing/test-broker.ts'
import { testServiceUrl } from '../../dev/testing/test-services.ts'

const ROOT = `${import.meta.dir}/../..`
export const BROKER_URL = testServiceUrl('TEST_BROKER_URL')

/**
 * Starts the command as a user does, or `entry` itself, if it is to be killed without `bun run`.
 */
export function start(
  words: readonly string[],
  env: Record<string, string> = {},
  entry = ['run', 'dead-letters'],
) {
  return Bun.spawn([process.execPath, ...entry, ...words], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', BROKER_URL, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 30_000,
  })
}

export async function run(words: readonly string[], env?: Record<string, string>) {
  const child = start(words, env)
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  return { code: await child.exited, stdout: stdout.trimEnd(), stderr }
}

/**
 * Sets up a test file: each test begins with empty queues without a worker, so that replayed
 * letters can be counted.
 */
export function useDeadLetters() {
  let connection: ChannelModel
  let channel: ConfirmChannel
  let published = 0

  beforeAll(async () => {
    connection = await connect(BROKER_URL)
    channel = await connection.createConfirmChannel()
  })
  afterAll(() => connection.close())

  beforeEach(async () => {
    published = 0
    await cleanBroker()
    const log = createLog('test', 'silent')
    const broker = new RabbitMqBroker({ url: BROKER_URL, topology: BET_MAKER_TOPOLOGY, log })
    await eventually(() => expect(broker.state).toBe('up'))
    await broker.close()
  })

  /** Publishes a dead letter, by default as the worker does. */
  async function deadLetter(
    messageId: string | undefined,
    body: string | Buffer,
    options: Options.Publish = {},
  ) {
    channel.publish(DEAD_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from(body), {
      persistent: true,
      contentType: 'application/json',
      type: 'event',
      ...(messageId === undefined ? {} : { messageId }),
      ...options,
      headers: {
        'x-dead-reason': 'not JSON in UTF-8',
        'x-dead-at': `2026-01-01T00:00:0${++published % 10}.000Z`,
        ...options.headers,
      },
    })
    await channel.waitForConfirms()
  }

  const waiting = async (queue: string) => (await channel.checkQueue(queue)).messageCount

  async function takeSent() {
    const sent = []
    for (;;) {
      const message = await channel.get(EVENT_QUEUE, { noAck: true })
      if (message === false) return sent
      sent.push(message)
    }
  }

  return { onChannel: () => channel, deadLetter, waiting, takeSent }
}
