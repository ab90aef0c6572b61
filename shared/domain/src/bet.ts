import { type Static, Type } from 'typebox'
import type { BetSum } from './bet-sum.ts'
import type { Coefficient } from './coefficient.ts'
import type { EventState } from './event.ts'
import { winningPayoutCents } from './payout.ts'

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

/** The state of a bet by the state of its event. A correction may change it in any direction. */
export function betStateFor(event: EventState): BetState {
  return BET_STATE_OF[event]
}

/** A stake at a coefficient. Its payout depends only on the state of its event. */
export class Bet {
  constructor(
    readonly sum: BetSum,
    readonly coefficient: Coefficient,
  ) {}

  /** The payout of a winning bet, in cents. */
  get potentialPayoutCents(): bigint {
    return winningPayoutCents(BigInt(this.sum.cents), BigInt(this.coefficient.hundredths))
  }

  /** The payout in a state, in cents; null while the bet is pending. */
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
