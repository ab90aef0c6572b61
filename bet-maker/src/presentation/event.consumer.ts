import { StatementTimeoutError } from '@bets/domain/errors'
import type { SportingEvent } from '@bets/domain/event'
import { fromLineEvent } from '@bets/domain/line-event'
import {
  AGAIN,
  DONE,
  type IncomingMessage,
  type Subscription,
  type Verdict,
} from '@bets/domain/message-broker'
import { EVENT_QUEUE, EventMessage } from '@bets/domain/messages'
import { TypeCompiler } from 'typebox/compiler'
import type { applyChanges } from '../application/apply-changes.ts'

/**
 * Small, so that a crash or a storm of reconnections redelivers little; large enough for one
 * statement to serve many.
 */
const PREFETCH = 200

const message = TypeCompiler.Compile(EventMessage)
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Applies messages of the line to the copy. A message is done once it is applied: the event's row
 * owes the settlement. A message that can never be understood is dead-lettered at once, with the
 * reason.
 */
export function eventConsumer(deps: {
  applyChanges: ReturnType<typeof applyChanges>
}): Subscription {
  return {
    queue: EVENT_QUEUE,
    prefetch: PREFETCH,
    async handle(batch) {
      const read = batch.map(readMessage)
      const events = read.filter((result) => typeof result !== 'string')
      const failures = await deps.applyChanges(events)
      const failureOf = new Map(events.map((event, index) => [event, failures[index]]))
      return read.map((result): Verdict => {
        if (typeof result === 'string') return { kind: 'dead', reason: result }
        const failure = failureOf.get(result)
        if (failure === undefined) return DONE
        if (failure instanceof StatementTimeoutError) return AGAIN
        return { kind: 'dead', reason: `could not be applied: ${failure.message}` }
      })
    },
  }
}

/** The event in a message, or why it cannot be read. */
function readMessage({ body }: IncomingMessage): SportingEvent | string {
  let content: unknown
  try {
    content = JSON.parse(UTF8.decode(body))
  } catch {
    return 'not JSON in UTF-8'
  }
  if (message.Check(content)) return fromLineEvent(content.data)
  const { path = '', message: rule = '' } = message.Errors(content).First() ?? {}
  return `not an event message: ${path} ${rule}`
}
