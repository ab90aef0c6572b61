import { betStateFor } from '@bets/shared/domain/bet'
import { BetNotFoundError } from '../domain/errors.ts'
import type { BetHistoryEntry, PlacedBet } from '../domain/placed-bet.ts'
import type { BetFilter, BetPage, BetRecords } from './ports.ts'

interface Deps {
  bets: BetRecords
}

/** A bet with everything that happened to it, oldest first. Throws `BetNotFoundError`. */
export const getBet =
  ({ bets }: Deps) =>
  async (id: string, client: string): Promise<{ bet: PlacedBet; history: BetHistoryEntry[] }> => {
    const found = await bets.find(id, client)
    if (found === undefined) throw new BetNotFoundError()
    const { bet, changes } = found
    const placed: BetHistoryEntry = {
      state: 'PENDING',
      payoutCents: null,
      eventVersion: bet.eventVersion,
      at: bet.createdAt,
      reason: null,
    }
    const settled = changes.map(({ state, version, at, reason }): BetHistoryEntry => {
      const betState = betStateFor(state)
      const payoutCents = bet.bet.payoutCents(betState)
      return { state: betState, payoutCents, eventVersion: version, at, reason }
    })
    return { bet, history: [placed, ...settled] }
  }

export const listBets =
  ({ bets }: Deps) =>
  (filter: BetFilter, below: string | undefined, limit: number): Promise<BetPage> =>
    bets.list(filter, below, limit)
