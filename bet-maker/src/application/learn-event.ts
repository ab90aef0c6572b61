import { EventNotFoundError, OverloadedError } from '@bets/domain/errors'
import type { Line, LineCopy } from './ports.ts'

/** How many unknown events are fetched at once: made-up ids must not flood line-provider. */
const MAX_IN_FLIGHT = 16

interface Deps {
  line: Pick<Line, 'event'>
  copy: LineCopy
}

/**
 * Fetches an event that the copy does not know from line-provider, once for all waiting callers,
 * and applies it. Throws `EventNotFoundError` (not cached: the event may be created a moment
 * later), `LineUnavailableError`, or `OverloadedError` when too many lookups are in flight.
 */
export const learnEvent = ({ line, copy }: Deps) => {
  const inFlight = new Map<string, Promise<void>>()

  const ask = async (eventId: string): Promise<void> => {
    const event = await line.event(eventId)
    if (event === undefined) throw new EventNotFoundError()
    await copy.apply([event])
  }

  return (eventId: string): Promise<void> => {
    const asked = inFlight.get(eventId)
    if (asked !== undefined) return asked
    if (inFlight.size >= MAX_IN_FLIGHT)
      return Promise.reject(new OverloadedError('Too many unknown events are being asked for.'))
    const answer = ask(eventId).finally(() => inFlight.delete(eventId))
    inFlight.set(eventId, answer)
    return answer
  }
}
