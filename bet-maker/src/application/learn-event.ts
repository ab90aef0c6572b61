import { EventNotFoundError, OverloadedError } from '@bets/domain/errors'
import type { Line, LineCopy } from './ports.ts'

/**
 * How many unknown events are asked for at once; made-up ids must not become a flood of requests.
 */
const MAX_IN_FLIGHT = 16

interface Deps {
  line: Pick<Line, 'event'>
  copy: LineCopy
}

/**
 * Asks line-provider for an event that the copy does not know, once however many wait for it, and
 * takes it in. Throws `EventNotFoundError` (not kept: the event may be created in the next moment),
 * `LineUnavailableError`, or `OverloadedError` when too many are being asked for.
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
