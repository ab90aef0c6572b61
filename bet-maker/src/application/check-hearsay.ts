import type { SportingEvent } from '@bets/domain/event'
import type { FeedSync, FeedSyncs } from './feed-ports.ts'
import type { Line, LineCopy } from './ports.ts'

/** How many events are asked for at once. */
const AT_ONCE = 16

/** How many events one sync asks for. */
const MAX_ASKED = 1_000
/**
 * As the time of an answer: it replaces whatever has been heard since. Whoever sends false messages
 * without a pause is not heard any longer; a true change that is lost with them is on the pages of
 * the next sync.
 */
const EVER = 'infinity'

/** No client waits for the lookups. */
const OURSELVES = ''

interface Deps {
  syncs: Pick<FeedSyncs, 'unlisted'>
  line: Pick<Line, 'event'>
  copy: Pick<LineCopy, 'refute'>
  applyChanges(events: readonly SportingEvent[], readSince: string): Promise<(Error | undefined)[]>
  /** Called when bets are owed a settlement. */
  onOwed(): void
}

/**
 * After a feed sync has read every page: what messages or lookups had brought before it began, and
 * it has not listed, is false, because a change that they state was committed before that. Asks
 * line-provider for each of these events and replaces the copy by the answer. Throws when there are
 * more than a bounded number: the sync is then incomplete, and the next one goes on.
 */
export const checkHearsay = ({ syncs, line, copy, applyChanges, onOwed }: Deps) => {
  const apply = async (events: readonly SportingEvent[], readSince: string): Promise<void> => {
    const failure = (await applyChanges(events, readSince)).find((error) => error !== undefined)
    if (failure !== undefined) throw failure
  }

  return async (sync: FeedSync, unlisted: ReadonlyMap<string, number>): Promise<void> => {
    const found = await syncs.unlisted(sync)
    const all = new Set([...unlisted.keys(), ...found.eventIds])
    const eventIds = [...all].slice(0, MAX_ASKED)
    const more = found.more || all.size > MAX_ASKED
    for (let start = 0; start < eventIds.length; start += AT_ONCE) {
      const asked = eventIds.slice(start, start + AT_ONCE)
      const answers = await Promise.all(asked.map((eventId) => line.event(eventId, OURSELVES)))
      const known = answers.filter((event) => event !== undefined)
      const isFalse = ({ eventId, version }: SportingEvent) =>
        version < (unlisted.get(eventId) ?? version)
      await apply(known.filter(isFalse), EVER)
      await apply(
        known.filter((event) => !isFalse(event)),
        sync.beganAt,
      )
      const unknown = asked.filter((_, index) => answers[index] === undefined)
      if ((await copy.refute(unknown, EVER)).owed) onOwed()
    }
    if (more) throw new Error('Messages brought more events that the feed does not list.')
  }
}
