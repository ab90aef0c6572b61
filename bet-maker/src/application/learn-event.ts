import { EventNotFoundError } from '@bets/domain/errors'
import { shareInFlight } from './in-flight.ts'
import type { Line, LineCopy } from './ports.ts'

interface Deps {
  line: Pick<Line, 'event'>
  copy: Pick<LineCopy, 'apply'>
}

/**
 * Fetches an event that the copy does not know from line-provider, once for all waiting bets of a
 * client, and applies it. Throws `EventNotFoundError` (not cached: the event may be created a
 * moment later), `LineUnavailableError`, or `OverloadedError` when the client waits for too many
 * events. Clients share no lookups: one that floods the queue would hold up the others' event.
 */
export const learnEvent = ({ line, copy }: Deps) => {
  const shared = shareInFlight<void>()

  const learn = async (eventId: string, client: string): Promise<void> => {
    const event = await line.event(eventId, client)
    if (event === undefined) throw new EventNotFoundError()
    await copy.apply([event])
  }

  return (eventId: string, client: string): Promise<void> =>
    shared(JSON.stringify([eventId, client]), () => learn(eventId, client))
}
