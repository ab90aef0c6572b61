import type { PublishOutcome } from '@bets/domain/message-broker'
import { StartError } from '../process/env.ts'

/** Headers of a dead letter that a consumer has judged; RabbitMQ's own carry `x-death` instead. */
export const DEAD_REASON = 'x-dead-reason'
export const DEAD_AT = 'x-dead-at'

/** `unencodable`: it cannot be sent again as it is, whoever tries; the others can. */
export type ReplayOutcome = PublishOutcome | 'unencodable'

/** A message that nobody could handle, as it came, with what is known of its end. */
export interface DeadLetter {
  id: string | undefined
  /** Undefined for what came into the queue by another way than a consumer or RabbitMQ itself. */
  diedAt: Date | undefined
  reason: string
  routingKey: string
  /** Its own headers, and those that tell of its end. */
  headers: Readonly<Record<string, unknown>>
  body: Buffer
}

/**
 * The dead letters while somebody looks at them. All that were read are held, unacknowledged, until
 * `close` or the end of the process: those not taken out by then are in the queue again. Whoever
 * else looks meanwhile doesn't see them.
 */
export interface DeadLetters {
  /**
   * The oldest first, those without a time last. So numbers by position stay while none is taken
   * out.
   */
  readonly letters: readonly DeadLetter[]
  /** How many more there are than can be read at once. */
  readonly unread: number
  /**
   * Publishes some back to where they came from, in their order, and takes each out only when it is
   * confirmed: cut off between the two it is in both places, never in none. With any other outcome
   * it stays; after an `unknown` one the rest is not tried. Of one whose headers cannot be sent
   * again the body is, with its id and type.
   */
  replay(letters: readonly DeadLetter[]): Promise<ReplayOutcome[]>
  /** Takes one out for good. */
  drop(letter: DeadLetter): Promise<void>
  /** Puts back what was not taken out. */
  close(): Promise<void>
}

/** Why the dead letters cannot be looked at, in one line that says what to do. */
export class DeadLettersUnavailableError extends StartError {
  override readonly name = 'DeadLettersUnavailableError'
}
