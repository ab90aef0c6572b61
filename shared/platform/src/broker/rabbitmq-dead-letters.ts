import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib'
import {
  type DeadLetter,
  type DeadLetters,
  DeadLettersUnavailableError,
  type ReplayOutcome,
} from './dead-letters.ts'
import { openConnection } from './rabbitmq-connection.ts'
import { publishAgain, toDeadLetter } from './rabbitmq-dead-letter.ts'
import { CONFIRM_TIMEOUT_MS, RabbitMqPublisher } from './rabbitmq-publisher.ts'

const PUT_BACK_TIMEOUT_MS = 2_000
const POLL_MS = 5
/** A killed run holds its lock until RabbitMQ notices. */
const LOCK_TRIES = 5
const LOCK_RETRY_MS = 200
const RESOURCE_LOCKED = 405
const ACCESS_REFUSED = 403
/** All letters are held in memory. The one with which their bodies reach the bytes is the last. */
const MAX_READ = 10_000
const MAX_READ_BYTES = 64 * 1024 * 1024
/**
 * A quorum queue takes 32 acknowledgements from a channel at once. The others wait in the channel
 * and are lost when it closes meanwhile, so their messages would come back (of 150 sent, 33
 * counted, tested on 3.10).
 */
const ACKNOWLEDGED_AT_ONCE = 20
/** The queue of the dead letters, and where replayed letters are published. */
interface DeadLetterPlaces {
  queue: string
  /** An exchange. */
  replayTo: string
  /** The largest body that consumers take. Larger letters are not replayed. */
  maxMessageBytes: number
}

/**
 * Reads all dead letters and holds them. Throws `DeadLettersUnavailableError` if they cannot be
 * read, or if another run holds them: each run would see only a part, with its own numbering.
 */
export async function openRabbitMqDeadLetters(
  brokerUrl: string,
  places: DeadLetterPlaces,
): Promise<DeadLetters> {
  const { queue } = places
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
    const messages = await hold(channel, queue).catch(throwLost)
    const unread = Math.max(0, messageCount - messages.length)
    return lettersOf({ connection, channel, ...places }, messages, unread)
  } catch (error) {
    await connection.close().catch(() => {})
    throw error
  }
}

async function open(brokerUrl: string): Promise<ChannelModel> {
  try {
    const connection = await openConnection(brokerUrl)
    // An 'error' without a listener would end the process. Pending channel calls reject anyway.
    connection.on('error', () => {})
    return connection
  } catch (cause) {
    // Never the URL: it holds the password.
    const { host } = new URL(brokerUrl)
    throw new DeadLettersUnavailableError(
      `RabbitMQ at ${host} is unreachable or rejects the login (${cause}). ` +
        'Is it running, and is BROKER_URL right?',
    )
  }
}

/** The lock is an exclusive queue, deleted with the connection that holds it. */
async function lock(connection: ChannelModel, deadLetterQueue: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    // A new channel each time, because a refusal closes it.
    const channel = await connection.createChannel().catch(throwLost)
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
          'This RabbitMQ user may not read the dead letters: ' +
            'BROKER_URL needs a login with that permission.',
        )
      if (code !== RESOURCE_LOCKED) throwLost(error)
      if (tries === LOCK_TRIES)
        throw new DeadLettersUnavailableError(
          'Another run is reading the dead letters. Try again when it has ended; ' +
            'RabbitMQ releases the lock of a killed run within 20 s.',
        )
      await Bun.sleep(LOCK_RETRY_MS)
    }
  }
}

function throwLost(cause: unknown): never {
  throw new DeadLettersUnavailableError(
    `The connection to RabbitMQ was lost (${cause}). ` +
      'Letters that were not removed before are still dead letters.',
  )
}

/** Gets all messages that fit into memory, without acknowledging them. */
async function hold(channel: ConfirmChannel, queue: string): Promise<GetMessage[]> {
  const messages: GetMessage[] = []
  let bytes = 0
  while (messages.length < MAX_READ && bytes < MAX_READ_BYTES) {
    const message = await channel.get(queue)
    if (message === false) break
    messages.push(message)
    bytes += message.content.length
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
  const sourceOf = new Map(
    messages.map((message) => [toDeadLetter(message, open.maxMessageBytes), message]),
  )
  const source = (letter: DeadLetter): GetMessage => {
    const message = sourceOf.get(letter)
    if (message === undefined) throw new Error('This dead letter is not held here.')
    return message
  }
  let removed = 0
  return {
    letters: [...sourceOf.keys()].sort((one, other) => timeOf(one) - timeOf(other)),
    unread,
    async replay(letters) {
      const outcomes: ReplayOutcome[] = []
      for (let from = 0; from < letters.length; from += ACKNOWLEDGED_AT_ONCE) {
        const window = letters.slice(from, from + ACKNOWLEDGED_AT_ONCE).map(source)
        // RabbitMQ blocks publishers or is gone, so further confirms are unlikely.
        if (outcomes.includes('unknown')) outcomes.push(...window.map(() => 'unknown' as const))
        else outcomes.push(...(await replay(publisher, open, window).catch(throwLost)))
      }
      removed += outcomes.filter((outcome) => outcome === 'confirmed').length
      return outcomes
    },
    async drop(letter) {
      channel.ack(source(letter))
      await acknowledged(open).catch(throwLost)
      removed++
    },
    async close() {
      await putBack(open, sourceOf.size - removed).catch(throwLost)
      await channel.close().catch(throwLost)
      await connection.close().catch(throwLost)
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
      // A broker with this limit would close the channel.
      message.content.length > open.maxMessageBytes
        ? 'too_large'
        : Promise.race([publishAgain(publisher, open.replayTo, message), timeUp.promise]),
    ),
  )
  clearTimeout(timer)
  for (const [index, message] of messages.entries())
    if (outcomes[index] === 'confirmed') open.channel.ack(message)
  await acknowledged(open)
  return outcomes
}

/**
 * Resolves when the queue has processed the acknowledgements sent so far: it answers a request only
 * after them.
 */
async function acknowledged({ channel, queue }: OpenQueue): Promise<void> {
  // If this gets a new message, it is held and put back like the others.
  await channel.get(queue)
}

/**
 * Resolves when the letters are back in the queue: the next run must find them at the printed
 * numbers.
 */
async function putBack({ channel, queue }: OpenQueue, held: number): Promise<void> {
  const untilMs = performance.now() + PUT_BACK_TIMEOUT_MS
  channel.nackAll(true)
  while ((await channel.checkQueue(queue)).messageCount < held && performance.now() < untilMs)
    await Bun.sleep(POLL_MS)
}

const timeOf = ({ diedAt }: DeadLetter) => diedAt?.getTime() ?? Number.MAX_VALUE
