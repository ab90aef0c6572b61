import { BET_MAKER_TOPOLOGY, EVENT_QUEUE } from '@bets/domain/messages'
import { connect } from 'amqplib'

/** As many unconfirmed messages as the relay allows. */
const WINDOW = 500
const PREFETCH = 200
/** About the size of an event message. */
const BODY = Buffer.from(JSON.stringify({ message_type: 'event', data: 'x'.repeat(150) }))

/**
 * Messages per second with amqplib only: persistent, confirmed by a queue like ours, consumed and
 * acknowledged.
 */
export async function publishAndConsume(brokerUrl: string, messages: number): Promise<number> {
  const contract = BET_MAKER_TOPOLOGY.queues.find(({ name }) => name === EVENT_QUEUE)
  const queue = `bench.${crypto.randomUUID()}`
  const [publishing, consuming] = await Promise.all([connect(brokerUrl), connect(brokerUrl)])
  try {
    const [out, into] = await Promise.all([
      publishing.createConfirmChannel(),
      consuming.createChannel(),
    ])
    await into.assertQueue(queue, { durable: true, arguments: contract?.arguments })
    await into.prefetch(PREFETCH)
    const beganMs = performance.now()
    let consumed = 0
    const all = Promise.withResolvers<void>()
    await into.consume(queue, (message) => {
      if (message === null) return all.reject(new Error('RabbitMQ cancelled the consumer.'))
      into.ack(message)
      if (++consumed === messages) all.resolve()
    })
    for (let sent = 0; sent < messages; sent += WINDOW) {
      for (let n = sent; n < Math.min(sent + WINDOW, messages); n++)
        out.sendToQueue(queue, BODY, { persistent: true, mandatory: true, messageId: `${n}` })
      await out.waitForConfirms()
    }
    await all.promise
    const seconds = (performance.now() - beganMs) / 1_000
    await into.deleteQueue(queue)
    return messages / seconds
  } finally {
    await Promise.all([publishing.close(), consuming.close()])
  }
}
