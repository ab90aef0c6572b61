import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib'
import {
  DEAD_AT,
  DEAD_REASON,
  type DeadLetter,
  type DeadLetters,
  DeadLettersUnavailableError,
  type ReplayOutcome,
} from './dead-letters.ts'
import { openConnection } from './rabbitmq-connection.ts'
import { CONFIRM_TIMEOUT_MS, RabbitMqPublisher, safeProperties } from './rabbitmq-publisher.ts'

const PUT_BACK_TIMEOUT_MS = 2_000
const POLL_MS = 5
/** A run that was killed holds its lock until RabbitMQ has noticed. */
const LOCK_TRIES = 5
const LOCK_RETRY_MS = 200
const RESOURCE_LOCKED = 405
const ACCESS_REFUSED = 403
/** They are held in memory, whole. */
const MAX_READ = 10_000
/**
 * A quorum queue takes 32 acknowledgements from a channel at once. Those beyond wait in the channel
 * for the queue, and are forgotten when the channel is closed meanwhile (150 were sent, 33 counted,
 * tried on 3.10): the messages would come back.
 */
const ACKNOWLEDGED_AT_ONCE = 20
/**
 * What tells of a message's end and of deliveries; a message that is sent again starts its life
 * anew.
 */
const OF_ITS_END = /^x-(dead-.*|death|(first|last)-death-.*|delivery-count|acquired-count)$/

/** Where dead letters are, and where they are published when they are replayed. */
interface DeadLetterPlaces {
  queue: string
  /** An exchange. */
  replayTo: string
}

/**
 * Reads all dead letters and holds them. Throws `DeadLettersUnavailableError` when there is no way
 * to them, or when another run holds them: each would see a part, under numbers of its own.
 */
export async function openRabbitMqDeadLetters(
  brokerUrl: string,
  { queue, replayTo }: DeadLetterPlaces,
): Promise<DeadLetters> {
  const connection = await open(brokerUrl)
  try {
    await lock(connection, queue)
    const channel = await connection.createConfirmChannel()
    channel.on('error', () => {})
    const { messageCount } = await channel.checkQueue(queue).catch(() => {
      throw new DeadLettersUnavailableError(
        `RabbitMQ has no queue ${queue}: the consumer creates it when it connects. ` +
          'Is this the right broker and virtual host?',
      )
    })
    const messages = await hold(channel, queue).catch(sayLost)
    const unread = Math.max(0, messageCount - messages.length)
    return lettersOf({ connection, channel, queue, replayTo }, messages, unread)
  } catch (error) {
    await connection.close().catch(() => {})
    throw error
  }
}

async function open(brokerUrl: string): Promise<ChannelModel> {
  try {
    const connection = await openConnection(brokerUrl)
    // An 'error' without a listener would end the process; whoever waits on the channel is told.
    connection.on('error', () => {})
    return connection
  } catch (cause) {
    // Never the URL: it holds the password.
    const { host } = new URL(brokerUrl)
    throw new DeadLettersUnavailableError(
      `RabbitMQ at ${host} cannot be reached or refuses the login (${cause}). Is it running, and is BROKER_URL right?`,
    )
  }
}

/** The lock is a queue that belongs to the one connection that may look, and is gone with it. */
async function lock(connection: ChannelModel, deadLetterQueue: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    // One of its own each time: a refusal closes it.
    const channel = await connection.createChannel().catch(sayLost)
    channel.on('error', () => {})
    try {
      const options = { exclusive: true, autoDelete: true, durable: false }
      await channel.assertQueue(`${deadLetterQueue}.lock`, {
        ...options,
        arguments: { 'x-queue-type': 'classic' },
      })
      return
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code === ACCESS_REFUSED)
        throw new DeadLettersUnavailableError(
          'RabbitMQ does not let this user read the dead letters: ' +
            'BROKER_URL needs the login that was made for them.',
        )
      if (code !== RESOURCE_LOCKED) sayLost(error)
      if (tries === LOCK_TRIES)
        throw new DeadLettersUnavailableError(
          'Another run is reading the dead letters. Try again when it has ended; ' +
            'RabbitMQ forgets a run that was cut off within 20 s.',
        )
      await Bun.sleep(LOCK_RETRY_MS)
    }
  }
}

function sayLost(cause: unknown): never {
  throw new DeadLettersUnavailableError(
    `The connection to RabbitMQ was lost (${cause}). What was not taken out by then is still among the dead letters.`,
  )
}

/** Takes what there is, without acknowledging it. */
async function hold(channel: ConfirmChannel, queue: string): Promise<GetMessage[]> {
  const messages: GetMessage[] = []
  while (messages.length < MAX_READ) {
    const message = await channel.get(queue)
    if (message === false) break
    messages.push(message)
  }
  return messages
}

interface OpenQueue extends DeadLetterPlaces {
  connection: ChannelModel
  channel: ConfirmChannel
}

function lettersOf(open: OpenQueue, messages: readonly GetMessage[], unread: number): DeadLetters {
  const { connection, channel } = open
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
      const outcomes: ReplayOutcome[] = []
      for (let from = 0; from < letters.length; from += ACKNOWLEDGED_AT_ONCE) {
        const window = letters.slice(from, from + ACKNOWLEDGED_AT_ONCE).map(source)
        // Nothing more would be confirmed soon: RabbitMQ blocks publishers, or is gone.
        if (outcomes.includes('unknown')) outcomes.push(...window.map(() => 'unknown' as const))
        else outcomes.push(...(await replay(publisher, open, window).catch(sayLost)))
      }
      takenOut += outcomes.filter((outcome) => outcome === 'confirmed').length
      return outcomes
    },
    async drop(letter) {
      channel.ack(source(letter))
      await acknowledged(open).catch(sayLost)
      takenOut++
    },
    async close() {
      await putBack(open, sourceOf.size - takenOut).catch(sayLost)
      await channel.close().catch(sayLost)
      await connection.close().catch(sayLost)
    },
  }
}

async function replay(
  publisher: RabbitMqPublisher,
  open: OpenQueue,
  messages: readonly GetMessage[],
): Promise<ReplayOutcome[]> {
  const timeUp = Promise.withResolvers<'unknown'>()
  const timer = setTimeout(() => timeUp.resolve('unknown'), CONFIRM_TIMEOUT_MS)
  const outcomes = await Promise.all(
    messages.map((message) =>
      Promise.race([send(publisher, open.replayTo, message), timeUp.promise]),
    ),
  )
  clearTimeout(timer)
  for (const [index, message] of messages.entries())
    if (outcomes[index] === 'confirmed') open.channel.ack(message)
  await acknowledged(open)
  return outcomes
}

/**
 * Resolves when the queue has taken the acknowledgements sent so far: it answers a request only
 * after them.
 */
async function acknowledged({ channel, queue }: OpenQueue): Promise<void> {
  // Where this gets a message that has just come, it is held and put back like the others.
  await channel.get(queue)
}

/**
 * Resolves when they are in the queue again: whoever looks next must find them at the numbers that
 * were printed.
 */
async function putBack({ channel, queue }: OpenQueue, held: number): Promise<void> {
  const untilMs = performance.now() + PUT_BACK_TIMEOUT_MS
  channel.nackAll(true)
  while ((await channel.checkQueue(queue)).messageCount < held && performance.now() < untilMs)
    await Bun.sleep(POLL_MS)
}

function send(
  publisher: RabbitMqPublisher,
  exchange: string,
  { content, fields, properties }: GetMessage,
): Promise<ReplayOutcome> {
  const { contentType, contentEncoding, messageId, type, timestamp, appId } = properties
  const headers = Object.entries(properties.headers ?? {}).filter(
    ([name]) => !OF_ITS_END.test(name),
  )
  const options = {
    contentType,
    contentEncoding,
    messageId,
    type,
    timestamp,
    appId,
    headers: Object.fromEntries(headers),
  }
  const { routingKey } = fields
  const instead = { routingKey, options: safeProperties(properties) }
  return publisher.publish(exchange, routingKey, content, options, instead)
}

const timeOf = ({ diedAt }: DeadLetter) => diedAt?.getTime() ?? Number.MAX_VALUE

function toLetter({ content, fields, properties }: GetMessage): DeadLetter {
  const headers = properties.headers ?? {}
  // Anybody may have sent these headers, with values of any kind.
  const byRabbitMq = headers['x-death']?.[0]
  const seconds: unknown = byRabbitMq?.time?.value
  const judgedAt: unknown = headers[DEAD_AT]
  const diedAt = new Date(
    typeof judgedAt === 'string'
      ? judgedAt
      : typeof seconds === 'number'
        ? seconds * 1000
        : Number.NaN,
  )
  const judged: unknown = headers[DEAD_REASON]
  const given: unknown = headers['x-first-death-reason']
  return {
    id: properties.messageId,
    diedAt: Number.isNaN(diedAt.getTime()) ? undefined : diedAt,
    reason:
      judged === undefined && given !== undefined
        ? `by RabbitMQ: ${textOf(given)} in ${textOf(byRabbitMq?.queue)}`
        : textOf(judged ?? 'unknown'),
    routingKey: fields.routingKey,
    headers,
    body: content,
  }
}

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : String(JSON.stringify(value))
