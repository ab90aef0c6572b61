import type { Transfer } from '@bets/bet-maker/src/domain/account.ts'
import type { PlacedBet } from '@bets/bet-maker/src/domain/placed-bet.ts'
import { toBetView } from '@bets/bet-maker/src/presentation/bet-view.ts'
import { DatabaseUnavailableError, DomainError, OverloadedError } from '@bets/domain/errors'
import type { SportingEvent } from '@bets/domain/event'
import type { BetAnswer } from './bets-ledger.ts'
import type { PutAnswer } from './line-ledger.ts'
import type { MoveAnswer } from './money-ledger.ts'
import type { Ended } from './process.ts'

export function toPutAnswer(ended: Ended<{ outcome: string; event: SportingEvent }>): PutAnswer {
  if (ended.kind === 'died') return { kind: 'unknown' }
  if (ended.kind === 'answered') return { kind: 'event', ...ended.value }
  const { error } = ended
  if (error instanceof DatabaseUnavailableError) return { kind: 'unknown' }
  if (error instanceof DomainError) return { kind: 'refused', code: error.code }
  throw error
}

export function toBetAnswer(
  ended: Ended<{ bet: PlacedBet; replayed: boolean }>,
  lost: boolean,
): BetAnswer {
  if (ended.kind === 'died') return { kind: 'unknown' }
  if (ended.kind === 'answered')
    return { ...ended.value, kind: 'bet', bet: toBetView(ended.value.bet) }
  return toRefusal(ended.error, lost)
}

export function toMoveAnswer(
  ended: Ended<{ transfer: Transfer; replayed: boolean }>,
  lost: boolean,
): MoveAnswer {
  if (ended.kind === 'died') return { kind: 'unknown' }
  if (ended.kind === 'failed') return toRefusal(ended.error, lost)
  const { transfer, replayed } = ended.value
  const { id, amountCents, balanceCents } = transfer
  return { kind: 'moved', id, cents: BigInt(amountCents), balance: balanceCents, replayed }
}

type Refused = Extract<BetAnswer, { kind: 'refused' | 'unknown' | 'shed' }>

function toRefusal(error: unknown, lost: boolean): Refused {
  if (!(error instanceof DomainError)) throw error
  // A request that waits too long behind statements that the run holds is refused by the clock.
  if (error instanceof OverloadedError && !/keeps? changing/.test(error.message))
    return { kind: 'shed' }
  if (lost && /_UNAVAILABLE$/.test(error.code)) return { kind: 'unknown' }
  return { kind: 'refused', code: error.code, extras: error.extras }
}
