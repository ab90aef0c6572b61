import { type ChannelModel, type ConfirmChannel, connect, type GetMessage } from 'amqplib'
import { DEAD_AT, DEAD_QUEUE, DEAD_REASON, LINE_EXCHANGE } from './contracts.ts'
import { type DeadLetter, type DeadLetters, DeadLettersUnavailableError } from './dead-letters.ts'
import type { PublishOutcome } from './message-broker.ts'
import { RabbitMqPublisher } from './rabbitmq-publisher.ts'

const CONNECT_TIMEOUT_MS = 5_000
const CONFIRM_TIMEOUT_MS = 10_000
const HEARTBEAT_SECONDS = 6
const PUT_BACK_TIMEOUT_MS = 2_000
const POLL_MS = 5
/** They are held in memory, whole. */
const MAX_READ = 10_000
/**
 * A quorum queue takes 32 acknowledgements from a channel at once. Those beyond wait in the channel for the queue, and are
 * forgotten when the channel is closed meanwhile (150 were sent, 33 counted, tried on 3.10): the messages would come back.
 */
const ACKNOWLEDGED_AT_ONCE = 20
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
  let takenOut = 0
  return {
    letters: [...sourceOf.keys()].sort((one, other) => timeOf(one) - timeOf(other)),
    unread,
    async replay(letters) {
      const outcomes: PublishOutcome[] = []
      for (let from = 0; from < letters.length; from += ACKNOWLEDGED_AT_ONCE) {
        const window = letters.slice(from, from + ACKNOWLEDGED_AT_ONCE).map(source)
        // Nothing more would be confirmed soon: RabbitMQ blocks publishers, or is gone.
        if (outcomes.includes('unknown')) outcomes.push(...window.map(() => 'unknown' as const))
        else outcomes.push(...(await replay(publisher, channel, window).catch(sayLost)))
      }
      takenOut += outcomes.filter((outcome) => outcome === 'confirmed').length
      return outcomes
    },
    async drop(letter) {
      channel.ack(source(letter))
      await acknowledged(channel).catch(sayLost)
      takenOut++
    },
    async close() {
      await putBack(channel, sourceOf.size - takenOut).catch(sayLost)
      await channel.close().catch(sayLost)
      await connection.close().catch(sayLost)
    },
  }
}

async function replay(
  publisher: RabbitMqPublisher,
  channel: ConfirmChannel,
  messages: readonly GetMessage[],
): Promise<PublishOutcome[]> {
  const timeUp = Promise.withResolvers<'unknown'>()
  const timer = setTimeout(() => timeUp.resolve('unknown'), CONFIRM_TIMEOUT_MS)
  const outcomes = await Promise.all(
    messages.map((message) => Promise.race([send(publisher, message), timeUp.promise])),
  )
  clearTimeout(timer)
  for (const [index, message] of messages.entries()) if (outcomes[index] === 'confirmed') channel.ack(message)
  await acknowledged(channel)
  return outcomes
}

/** Resolves when the queue has taken the acknowledgements sent so far: it answers a request only after them. */
async function acknowledged(channel: ConfirmChannel): Promise<void> {
  // Where this gets a message that has just come, it is held and put back like the others.
  await channel.get(DEAD_QUEUE)
}

/** Resolves when they are in the queue again: whoever looks next must find them at the numbers that were printed. */
async function putBack(channel: ConfirmChannel, held: number): Promise<void> {
  const untilMs = performance.now() + PUT_BACK_TIMEOUT_MS
  channel.nackAll(true)
  while ((await channel.checkQueue(DEAD_QUEUE)).messageCount < held && performance.now() < untilMs)
    await Bun.sleep(POLL_MS)
}

function send(
  publisher: RabbitMqPublisher,
  { content, fields, properties }: GetMessage,
): Promise<PublishOutcome> {
  const { contentType, contentEncoding, messageId, type, timestamp, appId } = properties
  const headers = Object.entries(properties.headers ?? {}).filter(([name]) => !OF_ITS_END.test(name))
  return publisher.publish(LINE_EXCHANGE, fields.routingKey, content, {
    contentType,
    contentEncoding,
    messageId,
    type,
    timestamp,
    appId,
    headers: Object.fromEntries(headers),
  })
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
