import type { Log } from '@bets/domain/log'
import type { Settlements } from './ports.ts'

/** How long a session may hold a lock that others wait for before it is terminated. */
export const STUCK_AFTER_MS = 5_000

interface Deps {
  settlements: Pick<Settlements, 'terminateStuckPlacements'>
  log: Log
}

/**
 * Terminates the database sessions that have long held the placement barrier, or the lock without
 * which nothing is applied, and logs who they were.
 */
export async function endStuckSessions({ settlements, log }: Deps): Promise<void> {
  for (const session of await settlements.terminateStuckPlacements(STUCK_AFTER_MS))
    log.error('terminated a session that blocked settling', { session })
}

/** The feed sync; when it fails, perhaps because of such sessions, they are terminated. */
export const endingStuckSessions =
  <T>(deps: Deps, syncFeed: (stop?: AbortSignal) => Promise<T>) =>
  async (stop?: AbortSignal): Promise<T> => {
    try {
      return await syncFeed(stop)
    } catch (error) {
      await endStuckSessions(deps).catch(() => {
        // The database is unavailable, which is what the sync's own error says.
      })
      throw error
    }
  }
