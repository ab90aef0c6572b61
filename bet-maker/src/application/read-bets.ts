import { betStateFor } from '@bets/domain/bet'
import { BetNotFoundError } from '../domain/errors.ts'
import type { BetHistoryEntry, PlacedBet } from '../domain/placed-bet.ts'
import type { BetFilter, BetPage, BetRecords } from './ports.ts'

interface Deps {
  bets: BetRecords
}

/** A bet with its history, oldest first. Throws `BetNotFoundError`. */
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
    let latest = bet.createdAt
    const settled = changes.map((change): BetHistoryEntry => {
      const { version, at, voidReason } = change
      const betState = voidReason === null ? betStateFor(change.state) : 'VOID'
      const reason = voidReason ?? change.reason
      const payoutCents = bet.bet.payoutCents(betState)
      // A change reads the clock before it waits for the event's row and commits. A bet placed
      // meanwhile, or a change by another process, may carry a later time. The history never goes
      // back in time.
      if (at > latest) latest = at
      return { state: betState, payoutCents, eventVersion: version, at: latest, reason }
    })
    return { bet, history: [placed, ...settled] }
  }

/** A page of the bets of a client, newest first, below an id. */
export const listBets =
  ({ bets }: Deps) =>
  (filter: BetFilter, below: string | undefined, limit: number): Promise<BetPage> =>
    bets.list(filter, below, limit)
