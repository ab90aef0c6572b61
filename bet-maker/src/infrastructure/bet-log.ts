import { DomainError } from '@bets/domain/errors'
import { changeId } from '@bets/domain/event'
import type { Log } from '@bets/domain/log'
import type { RequestOrigin } from '@bets/domain/request-origin'
import { coalescePerTick } from '@bets/platform/process/coalesce-per-tick'
import type { placeBet } from '../application/place-bet.ts'

type PlaceBet = ReturnType<typeof placeBet>

/**
 * Logs the outcome of each request for a bet, with the event's version at which it was placed. At
 * level debug only: there may be tens of thousands a second. Bets of one statement share a line.
 */
export function logBets(
  log: Log,
  place: PlaceBet,
): (...words: [...Parameters<PlaceBet>, RequestOrigin]) => ReturnType<PlaceBet> {
  if (log.level !== 'debug') return place
  const say = coalescePerTick<object>((bets) => log.debug('bets handled', { bets }))
  return async (request, { requestId, caller }) => {
    const origin = { request_id: requestId, client: caller }
    try {
      const answer = await place(request)
      const { id, eventId, eventVersion } = answer.bet
      const change = changeId({ eventId, version: eventVersion })
      say({ bet: id, change, replayed: answer.replayed, ...origin })
      return answer
    } catch (error) {
      const refused = error instanceof DomainError ? error.code : 'INTERNAL'
      say({ event_id: request.eventId, refused, ...origin })
      throw error
    }
  }
}
