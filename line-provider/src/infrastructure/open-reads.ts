import { within } from '@bets/platform/postgres/database'
import { readQueueOf } from '@bets/platform/postgres/read-queue'
import { SingleFlight } from '@bets/platform/process/single-flight'
import type { Sql } from 'postgres'
import type { listChanges } from '../application/list-changes.ts'
import type { listOpenEvents } from '../application/read-events.ts'

interface OpenReads {
  listOpenEvents: ReturnType<typeof listOpenEvents>
  listChanges: ReturnType<typeof listChanges>
}

/** All callers of open routes are one: nobody knows who they are. */
const ANYONE = ''
/** A caller may wait for one read before its own begins. */
const ANSWER_LIMIT_MS = 2_800

/**
 * The reads that need no token, so that whoever sends many of them starves neither changes nor the
 * relay. Concurrent callers of the same page get the same object, from a read that began after they
 * asked. All these reads together use at most half of the pool; beyond the bounds of their queue
 * they throw `OverloadedError`. Answers within three seconds.
 */
export function limitOpenReads(sql: Sql, { listOpenEvents, listChanges }: OpenReads): OpenReads {
  const queue = readQueueOf(sql)

  const limited = <Position, Page>(read: (after: Position, limit: number) => Promise<Page>) => {
    const pages = new SingleFlight<Page>()
    return (after: Position, limit: number): Promise<Page> => {
      const key = JSON.stringify([after, limit])
      const queued = () => queue.run(ANYONE, () => read(after, limit))
      return within(ANSWER_LIMIT_MS, pages.get(key, queued))
    }
  }

  return { listOpenEvents: limited(listOpenEvents), listChanges: limited(listChanges) }
}
