import { DatabaseUnavailableError } from '@bets/domain/errors'
import { changeId } from '@bets/domain/event'
import type { Log } from '@bets/domain/log'
import { endStuckSessions, STUCK_AFTER_MS } from './end-stuck-sessions.ts'
import type { ChunkPosition, OwedEvent, Settlements } from './ports.ts'

/** How many events are settled together: enough that statements cost less than their bets. */
const MIN_EVENTS_AT_ONCE = 100
const MAX_EVENTS_AT_ONCE = 500
/** How many groups at a time: a PostgreSQL session uses one core, and none during its commit. */
const LANES = 2
const MIN_CHUNK = 100
const AWAIT_PAUSE_MS = 20

interface Deps {
  settlements: Settlements
  /** The most bets that one statement reads. */
  chunkSize: number
  log: Log
}

/**
 * Settles the bets of every event whose state has changed by the event's current state. Settlement,
 * void, correction and rollback are the same operation. If it is abandoned anywhere, the next run
 * finds the rest and continues; any number of workers may run it at once. Returns how many events
 * were owed, a bounded number, and how many bets were settled.
 */
export const settleOwed = ({ settlements, chunkSize, log }: Deps) => {
  let size = chunkSize

  /** After a statement that took too long, the next ones read fewer bets. */
  const settleChunk = async (events: readonly OwedEvent[], after: ChunkPosition) => {
    try {
      const chunk = await settlements.settleChunk(events, after, size)
      return { ...chunk, full: chunk.looked === size }
    } catch (error) {
      if (error instanceof DatabaseUnavailableError)
        size = Math.min(chunkSize, Math.max(MIN_CHUNK, size >> 1))
      throw error
    }
  }

  const settle = async (events: readonly OwedEvent[], stop?: AbortSignal): Promise<number> => {
    let settled = 0
    let after: ChunkPosition = { eventId: '', betId: 0 }
    for (;;) {
      stop?.throwIfAborted()
      const chunk = await settleChunk(events, after)
      settled += chunk.settled
      if (!chunk.full || chunk.last === undefined) break
      after = chunk.last
    }
    size = chunkSize
    await settlements.finish(events)
    log.info('settled', { changes: events.map(changeOf), bets: settled })
    return settled
  }

  /** When a group fails, no other is started, and this rejects once the running ones have ended. */
  const settleInLanes = async (groups: OwedEvent[][], stop?: AbortSignal): Promise<number> => {
    let settled = 0
    const lane = async () => {
      for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
        try {
          // Not `settled += await …`, which would add to the value from before the wait.
          const bets = await settle(group, stop)
          settled += bets
        } catch (error) {
          groups.length = 0
          throw error
        }
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: LANES }, lane))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    return settled
  }

  const awaitPlacements = async (stop?: AbortSignal): Promise<void> => {
    const stuckAtMs = performance.now() + STUCK_AFTER_MS
    while (!(await settlements.awaitPlacements())) {
      stop?.throwIfAborted()
      if (performance.now() > stuckAtMs) await endStuckSessions({ settlements, log })
      // Placements that queued behind the lock go first.
      await Bun.sleep(AWAIT_PAUSE_MS * (0.5 + Math.random()))
    }
  }

  return async (stop?: AbortSignal): Promise<{ events: number; bets: number }> => {
    // Versions are read before placements are awaited: whatever changes later stays owed.
    const owed = await settlements.owed()
    if (owed.length === 0) return { events: 0, bets: 0 }
    await awaitPlacements(stop)
    return { events: owed.length, bets: await settleInLanes(groupsOf(owed), stop) }
  }
}

const changeOf = ({ eventId, stateVersion }: OwedEvent) =>
  changeId({ eventId, version: stateVersion })

function groupsOf(owed: readonly OwedEvent[]): OwedEvent[][] {
  const share = Math.ceil(owed.length / LANES)
  const size = Math.min(Math.max(share, MIN_EVENTS_AT_ONCE), MAX_EVENTS_AT_ONCE)
  const groups: OwedEvent[][] = []
  for (let start = 0; start < owed.length; start += size)
    groups.push(owed.slice(start, start + size))
  return groups
}
