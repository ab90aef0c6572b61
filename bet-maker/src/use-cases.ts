import type { Log } from '@bets/domain/log'
import type { AccountRecords, Transfers } from './application/account-ports.ts'
import { applyChanges } from './application/apply-changes.ts'
import { checkHearsay } from './application/check-hearsay.ts'
import { endingStuckSessions } from './application/end-stuck-sessions.ts'
import type { FeedSyncs } from './application/feed-ports.ts'
import { learnEvent } from './application/learn-event.ts'
import { listOpenEvents } from './application/list-open-events.ts'
import { makeTransfer } from './application/make-transfer.ts'
import { placeBet } from './application/place-bet.ts'
import type {
  BetRecords,
  Bets,
  BoardRecords,
  Line,
  LineCopy,
  Settlements,
} from './application/ports.ts'
import { getAccount, listAccounts, listEntries } from './application/read-accounts.ts'
import { getBet, listBets } from './application/read-bets.ts'
import { readBoard } from './application/read-board.ts'
import { settleOwed } from './application/settle-owed.ts'
import { syncFeed } from './application/sync-feed.ts'
import type { Limits } from './domain/limits.ts'

interface ApiDeps {
  bets: Bets
  records: BetRecords
  transfers: Transfers
  accounts: AccountRecords
  board: BoardRecords
  line: Line
  copy: Pick<LineCopy, 'apply'>
  /** The age up to which the copy of the line counts as fresh, in milliseconds. */
  feedMaxAgeMs: number
  limits: Limits
}

/** The use cases of bet-maker's API on its ports. Nothing runs until it is called. */
export function createApiUseCases(deps: ApiDeps) {
  const { bets, records, transfers, accounts, board, line, copy, feedMaxAgeMs, limits } = deps
  const openEvents = listOpenEvents({ line })
  return {
    placeBet: placeBet({ bets, limits, learnEvent: learnEvent({ line, copy }) }),
    getBet: getBet({ bets: records }),
    listBets: listBets({ bets: records }),
    makeTransfer: makeTransfer({ transfers }),
    getAccount: getAccount({ accounts }),
    listAccounts: listAccounts({ accounts }),
    listEntries: listEntries({ accounts }),
    listOpenEvents: openEvents,
    readBoard: readBoard({ listOpenEvents: openEvents, board, feedMaxAgeMs }),
  }
}

interface WorkerDeps {
  syncs: FeedSyncs
  settlements: Settlements
  line: Pick<Line, 'changes' | 'event'>
  /** The copy for one source of changes, so that logs tell the sources apart. */
  copyFor(source: 'message' | 'feed sync'): LineCopy
  /** Called when bets are owed a settlement; see `applyChanges`. */
  onOwed(): void
  /** The most bets that one settling statement reads. */
  settleChunk: number
  log: Log
}

/**
 * The use cases of bet-maker's worker on its ports; `applyChanges` is for messages. Nothing runs
 * until it is called.
 */
export function createWorkerUseCases(deps: WorkerDeps) {
  const { syncs, settlements, line, copyFor, onOwed, settleChunk, log } = deps
  const listed = copyFor('feed sync')
  const applyListed = applyChanges({ copy: listed, onOwed })
  return {
    applyChanges: applyChanges({ copy: copyFor('message'), onOwed }),
    syncFeed: endingStuckSessions(
      { settlements, log },
      syncFeed({
        syncs,
        line,
        applyChanges: applyListed,
        checkHearsay: checkHearsay({
          syncs,
          line,
          copy: listed,
          applyChanges: applyListed,
          onOwed,
        }),
        log,
      }),
    ),
    settleOwed: settleOwed({ settlements, chunkSize: settleChunk, log }),
  }
}
