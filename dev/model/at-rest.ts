import type { SportingEvent } from '@bets/domain/event'
import type { TestDatabase } from '../testing/test-database.ts'
import type { ShownBet, ShownBetWithHistory } from '../traffic/shown.ts'
import type { BetsLedger } from './bets-ledger.ts'
import type { LineLedger } from './line-ledger.ts'
import type { Stake } from './model.ts'
import type { MoneyLedger } from './money-ledger.ts'

/**
 * A finished run, as the final checks read it: within one process or over HTTP. Throws where there
 * is no answer.
 */
export interface AtRest {
  /** Prefix of the ids of its events. */
  readonly id: string
  readonly line: LineLedger
  readonly bets: BetsLedger
  readonly money: MoneyLedger
  readonly lookAtBets: TestDatabase['sql']
  lookAtLine(event: number): Promise<SportingEvent | undefined>
  /** Whether the broker has received a message with this id. */
  wasPublished(messageId: string): boolean
  /** Without those that the run put there on purpose. */
  deadLetters(): Promise<readonly string[]>
  getBet(id: number): Promise<ShownBetWithHistory>
  /** A page of an event's bets, small enough that there are several. */
  listBets(
    eventId: string,
    below: string | undefined,
  ): Promise<{ items: readonly { id: number }[]; next: string | undefined }>
  place(stake: Stake): Promise<{ bet: ShownBet; replayed: boolean }>
}
