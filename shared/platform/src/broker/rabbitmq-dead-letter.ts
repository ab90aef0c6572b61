import { tooLarge } from '@bets/domain/message-broker'
import type { ConsumeMessage, GetMessage } from 'amqplib'
import { DEAD_AT, DEAD_REASON, type DeadLetter, type ReplayOutcome } from './dead-letters.ts'
import {
  type RabbitMqPublisher,
  type SendOutcome,
  safeProperties,
  shortened,
} from './rabbitmq-publisher.ts'

/** The length of a reason that must fit into minimal headers. */
const REASON_LENGTH = 1_000

/** A message that can never be handled. */
export interface BadMessage {
  message: ConsumeMessage
  reason: string
}

/**
 * Publishes a bad message with all original properties, or with a safe subset if those cannot be
 * encoded.
 */
export function publishDeadLetter(
  publisher: RabbitMqPublisher,
  exchange: string,
  { message: { content, fields, properties }, reason }: BadMessage,
): Promise<SendOutcome> {
  const { headers, messageId, type, timestamp, contentType } = properties
  const at = new Date().toISOString()
  return publisher.publish(
    exchange,
    fields.routingKey,
    content,
    {
      messageId,
      type,
      timestamp,
      contentType,
      headers: { ...headers, [DEAD_REASON]: reason, [DEAD_AT]: at },
    },
    {
      routingKey: shortened(fields.routingKey),
      options: {
        ...safeProperties(properties),
        headers: { [DEAD_REASON]: reason.slice(0, REASON_LENGTH), [DEAD_AT]: at },
      },
    },
  )
}

/** Headers about dead-lettering and deliveries, removed from a replayed message. */
const DEAD_LETTER_HEADERS =
  /^x-(dead-.*|death|(first|last)-death-.*|delivery-count|acquired-count)$/

/**
 * A message of the dead-letter queue, with what its headers say about its end. A consumer leaves
 * those larger than `maxBytes` to RabbitMQ, whose headers do not give that reason.
 */
export function toDeadLetter(
  { content, fields, properties }: GetMessage,
  maxBytes: number,
): DeadLetter {
  const headers = properties.headers ?? {}
  // Anyone may have set these headers, to any kind of value.
  const xDeath = headers['x-death']?.[0]
  const seconds: unknown = xDeath?.time?.value
  const deadAt: unknown = headers[DEAD_AT]
  const diedAt = new Date(
    typeof deadAt === 'string' ? deadAt : typeof seconds === 'number' ? seconds * 1000 : Number.NaN,
  )
  const judged: unknown = headers[DEAD_REASON]
  const given: unknown = headers['x-first-death-reason']
  return {
    id: properties.messageId,
    diedAt: Number.isNaN(diedAt.getTime()) ? undefined : diedAt,
    reason:
      content.length > maxBytes
        ? tooLarge(maxBytes)
        : judged === undefined && given !== undefined
          ? `by RabbitMQ: ${textOf(given)} in ${textOf(xDeath?.queue)}`
          : textOf(judged ?? 'unknown'),
    routingKey: fields.routingKey,
    headers,
    body: content,
  }
}

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : String(JSON.stringify(value))

/** Publishes it as it first came; if its headers cannot be encoded again, without them. */
export function publishAgain(
  publisher: RabbitMqPublisher,
  exchange: string,
  { content, fields, properties }: GetMessage,
): Promise<ReplayOutcome> {
  const { contentType, contentEncoding, messageId, type, timestamp, appId } = properties
  const headers = Object.entries(properties.headers ?? {}).filter(
    ([name]) => !DEAD_LETTER_HEADERS.test(name),
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
  const fallback = { routingKey, options: safeProperties(properties) }
  return publisher.publish(exchange, routingKey, content, options, fallback)
}
