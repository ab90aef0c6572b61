import { type ChannelModel, type ConfirmChannel, connect, type GetMessage } from 'amqplib'
import { DEAD_AT, DEAD_QUEUE, DEAD_REASON, LINE_EXCHANGE } from './contracts.ts'
import { type DeadLetter, type DeadLetters, DeadLettersUnavailableError } from './dead-letters.ts'
import type { PublishOutcome } from './message-broker.ts'
import { RabbitMqPublisher } from './rabbitmq-publisher.ts'

const CONNECT_TIMEOUT_MS = 5_000
const CONFIRM_TIMEOUT_MS = 10_000
const HEARTBEAT_SECONDS = 10
/** They are held in memory, whole. */
const MAX_READ = 10_000
/** What tells of a message's end and of deliveries; a message that is sent again starts its life anew. */
const OF_ITS_END = /^x-(dead-.*|death|(first|last)-death-.*|delivery-count|acquired-count)$/

/** Reads all dead letters and holds them. Throws `DeadLettersUnavailableError` when there is no way to them. */
export async function openRabbitMqDeadLetters(brokerUrl: string): Promise<DeadLetters> {
  const connection = await open(brokerUrl)
  try {
    const channel = await connection.createConfirmChannel()
    channel.on('error', () => {})
    const { messageCount } = await channel.checkQueue(DEAD_QUEUE).catch(() => {
      throw new DeadLettersUnavailableError(
        `RabbitMQ has no queue ${DEAD_QUEUE}: the worker creates it when it connects. Is it the right broker and virtual host?`,
      )
    })
    const messages = await hold(channel).catch(sayLost)
    return lettersOf(connection, channel, messages, Math.max(0, messageCount - messages.length))
  } catch (error) {
    await connection.close().catch(() => {})
    throw error
  }
}

async function open(brokerUrl: string): Promise<ChannelModel> {
  const url = new URL(brokerUrl)
  url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  try {
    const connection = await connect(url.href, { timeout: CONNECT_TIMEOUT_MS })
    // An 'error' without a listener would end the process; whoever waits on the channel is told.
    connection.on('error', () => {})
    return connection
  } catch (cause) {
    // Never the URL: it holds the password.
    const { host } = url
    throw new DeadLettersUnavailableError(
      `RabbitMQ at ${host} cannot be reached or refuses the login (${cause}). Is it running, and is BROKER_URL right?`,
    )
  }
}

function sayLost(cause: unknown): never {
  throw new DeadLettersUnavailableError(
    `The connection to RabbitMQ was lost (${cause}). What was not taken out by then is still among the dead letters.`,
  )
}

/** Takes what there is, without acknowledging it. */
async function hold(channel: ConfirmChannel): Promise<GetMessage[]> {
  const messages: GetMessage[] = []
  while (messages.length < MAX_READ) {
    const message = await channel.get(DEAD_QUEUE)
    if (message === false) break
    messages.push(message)
  }
  return messages
}

function lettersOf(
  connection: ChannelModel,
  channel: ConfirmChannel,
  messages: readonly GetMessage[],
  unread: number,
): DeadLetters {
  const publisher = new RabbitMqPublisher(channel)
  const sourceOf = new Map(messages.map((message) => [toLetter(message), message]))
  const source = (letter: DeadLetter): GetMessage => {
    const message = sourceOf.get(letter)
    if (message === undefined) throw new Error('This dead letter is not held here.')
    return message
  }
  return {
    letters: [...sourceOf.keys()].sort((one, other) => timeOf(one) - timeOf(other)),
    unread,
    async replay(letter) {
      const message = source(letter)
      const outcome = await replay(publisher, message)
      if (outcome === 'confirmed') channel.ack(message)
      return outcome
    },
    drop: (letter) => channel.ack(source(letter)),
    async close() {
      // In order: what was acknowledged before is out when the channel is closed.
      await channel.close().catch(sayLost)
      await connection.close().catch(sayLost)
    },
  }
}

async function replay(
  publisher: RabbitMqPublisher,
  { content, fields, properties }: GetMessage,
): Promise<PublishOutcome> {
  const { contentType, contentEncoding, messageId, type, timestamp, appId } = properties
  const headers = Object.entries(properties.headers ?? {}).filter(([name]) => !OF_ITS_END.test(name))
  const confirmed = publisher.publish(LINE_EXCHANGE, fields.routingKey, content, {
    contentType,
    contentEncoding,
    messageId,
    type,
    timestamp,
    appId,
    headers: Object.fromEntries(headers),
  })
  const { promise: late, resolve } = Promise.withResolvers<PublishOutcome>()
  const timer = setTimeout(() => resolve('unknown'), CONFIRM_TIMEOUT_MS)
  const outcome = await Promise.race([confirmed, late])
  clearTimeout(timer)
  return outcome
}

const timeOf = ({ diedAt }: DeadLetter) => diedAt?.getTime() ?? Number.MAX_VALUE

function toLetter({ content, fields, properties }: GetMessage): DeadLetter {
  const headers = properties.headers ?? {}
  const byRabbitMq = headers['x-death']?.[0]
  const reason = headers[DEAD_REASON] ?? headers['x-first-death-reason']
  const diedAt = new Date(headers[DEAD_AT] ?? (byRabbitMq?.time?.value ?? Number.NaN) * 1000)
  return {
    id: properties.messageId,
    diedAt: Number.isNaN(diedAt.getTime()) ? undefined : diedAt,
    reason:
      headers[DEAD_REASON] === undefined && reason !== undefined
        ? `by RabbitMQ: ${reason} in ${byRabbitMq?.queue}`
        : String(reason ?? 'unknown'),
    routingKey: fields.routingKey,
    headers,
    body: content,
  }
}
