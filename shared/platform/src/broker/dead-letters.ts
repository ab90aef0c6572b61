import type { PublishOutcome } from '@bets/domain/message-broker'
import { StartError } from '../process/env.ts'

/** Headers of messages that a consumer dead-lettered. RabbitMQ itself sets `x-death` instead. */
export const DEAD_REASON = 'x-dead-reason'
export const DEAD_AT = 'x-dead-at'

/**
 * `unencodable`: the message cannot be re-encoded and sent again. `too_large`: its consumers would
 * dead-letter it again, so it was not sent.
 */
export type ReplayOutcome = PublishOutcome | 'unencodable' | 'too_large'

/** A dead-lettered message as it arrived, with the time and reason of its dead-lettering. */
export interface DeadLetter {
  id: string | undefined
  /** Undefined for messages put into the queue by anyone but a consumer or RabbitMQ. */
  diedAt: Date | undefined
  reason: string
  routingKey: string
  /** Its own headers and those added by dead-lettering. */
  headers: Readonly<Record<string, unknown>>
  body: Buffer
}

/**
 * The dead letters, held unacknowledged and hidden from other readers until `close` or the end of
 * the process. Those not removed by then return to the queue.
 */
export interface DeadLetters {
  /**
   * Oldest first, those without a time last. Positions stay the same while none is removed.
   */
  readonly letters: readonly DeadLetter[]
  /** The number of further letters, beyond what can be read at once. */
  readonly unread: number
  /**
   * Publishes letters again, in order, and removes each once it is confirmed: if interrupted in
   * between, a letter is in both places, never lost. With any other outcome it stays; after an
   * `unknown` one, the rest is not tried. If the headers cannot be encoded, the body is sent with
   * only its id and type.
   */
  replay(letters: readonly DeadLetter[]): Promise<ReplayOutcome[]>
  /** Removes a letter for good. */
  drop(letter: DeadLetter): Promise<void>
  /** Returns the remaining letters to the queue. */
  close(): Promise<void>
}

/** The dead letters cannot be read. The one-line message says what to do. */
export class DeadLettersUnavailableError extends StartError {
  override readonly name = 'DeadLettersUnavailableError'
}
