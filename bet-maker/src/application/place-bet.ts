import { OverloadedError } from '@bets/domain/errors'
import { type BetRequest, isSameBet } from '../domain/bet-request.ts'
import {
  AccountNotFoundError,
  EventNotOpenError,
  FeedDownError,
  IdempotencyKeyReusedError,
  InsufficientFundsError,
  LimitExceededError,
  OddsChangedError,
} from '../domain/errors.ts'
import { type Limits, maxStake } from '../domain/limits.ts'
import type { PlacedBet } from '../domain/placed-bet.ts'
import type { Bets } from './ports.ts'

/** How often a bet is tried when the reason for its refusal is gone by the time it is explained. */
const MAX_ATTEMPTS = 3

interface Deps {
  bets: Bets
  limits: Limits
  /** Adds an unknown event to the copy; see `learnEvent`. */
  learnEvent(eventId: string, client: string): Promise<void>
}

/**
 * Places a bet, or answers with the bet that the same request placed before. Throws the first of
 * these that applies: `IdempotencyKeyReusedError`, `FeedDownError`, `EventNotFoundError` or
 * `LineUnavailableError`, `EventNotOpenError`, `OddsChangedError`, `LimitExceededError`,
 * `AccountNotFoundError`, `InsufficientFundsError`. Throws `OverloadedError` when a queue is full
 * or the event or the balance keeps changing.
 */
export const placeBet =
  ({ bets, limits, learnEvent }: Deps) =>
  async (request: BetRequest): Promise<{ bet: PlacedBet; replayed: boolean }> => {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const placement = await bets.place(request)
      if (placement.kind === 'placed') return { bet: placement.bet, replayed: false }

      const { earlier, feedFresh, event, balanceCents } = placement
      if (earlier !== undefined) {
        if (!isSameBet(earlier.request, request)) throw new IdempotencyKeyReusedError('bet')
        return { bet: earlier.bet, replayed: true }
      }
      if (!feedFresh) throw new FeedDownError()
      if (event === undefined) {
        await learnEvent(request.eventId, request.client)
        continue
      }
      if (event.refusal === 'odds_changed')
        throw new OddsChangedError(event.coefficient, event.version)
      if (event.refusal !== undefined) throw new EventNotOpenError(event.refusal)
      const max = maxStake(limits, event.coefficient)
      if (max !== undefined && request.sum.cents > max.cents)
        throw new LimitExceededError(max.limit, max.cents)
      if (request.accountId === undefined) continue
      if (balanceCents === undefined) throw new AccountNotFoundError()
      if (balanceCents < request.sum.cents) throw new InsufficientFundsError(balanceCents)
    }
    throw new OverloadedError('The event or the balance keeps changing. Try again in a moment.')
  }
