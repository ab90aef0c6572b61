import type { Sql } from 'postgres'
import { FairQueue } from '../process/fair-queue.ts'

/** How many reads of one caller may wait. */
const MAX_WAITING = 1_000
/** Together with a statement's time limit this bounds an answer to three seconds. */
const MAX_WAIT_MS = 600

const queues = new WeakMap<Sql, FairQueue>()

/**
 * The pool's one queue of reads that may wait, so that they never take the connections that other
 * work needs: together they use at most half of the pool. Beyond its bounds they get
 * `OverloadedError`.
 */
export function readQueueOf(sql: Sql): FairQueue {
  return queues.getOrInsertComputed(sql, () => {
    return new FairQueue({
      concurrency: Math.max(1, sql.options.max >> 1),
      maxWaiting: MAX_WAITING,
      maxWaitMs: MAX_WAIT_MS,
    })
  })
}
