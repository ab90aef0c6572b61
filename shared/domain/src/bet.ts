import { type Static, Type } from 'typebox'
import type { BetSum } from './bet-sum.ts'
import type { Coefficient } from './coefficient.ts'
import type { EventState } from './event.ts'

export const BetState = Type.Union(
  [Type.Literal('PENDING'), Type.Literal('WIN'), Type.Literal('LOSE'), Type.Literal('VOID')],
  {
    description: 'Follows the event: WIN pays sum × coefficient, LOSE nothing, VOID the sum back.',
    examples: ['PENDING'],
  },
)
export type BetState = Static<typeof BetState>

const BET_STATE_OF: Record<EventState, BetState> = {
  NEW: 'PENDING',
  FINISHED_WIN: 'WIN',
  FINISHED_LOSE: 'LOSE',
  CANCELLED: 'VOID',
}

/** What a bet is while its event is in a state; a correction moves it again, in any direction. */
export function betStateFor(event: EventState): BetState {
  return BET_STATE_OF[event]
}

/** A stake at a price: what it pays is settled by the state of its event alone. */
export class Bet {
  constructor(
    readonly sum: BetSum,
    readonly coefficient: Coefficient,
  ) {}

  /**
   * What it pays when it wins, in cents: `sum × coefficient` rounded half up. In BigInt, because
   * the product of a large stake and large odds lies beyond 2^53, where a number is a cent off for
   * one product in twenty.
   */
  get potentialPayoutCents(): bigint {
    return (BigInt(this.sum.cents) * BigInt(this.coefficient.hundredths) + 50n) / 100n
  }

  /** What it pays in a state, in cents; null while that is not known. */
  payoutCents(state: BetState): bigint | null {
    switch (state) {
      case 'PENDING':
        return null
      case 'WIN':
        return this.potentialPayoutCents
      case 'LOSE':
        return 0n
      case 'VOID':
        return BigInt(this.sum.cents)
    }
  }
}
