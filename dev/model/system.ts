import type { FeedSyncs } from '@bets/bet-maker/src/application/feed-ports.ts'
import type { Line } from '@bets/bet-maker/src/application/ports.ts'
import { LineUnavailableError } from '@bets/bet-maker/src/domain/errors.ts'
import { NO_LIMITS } from '@bets/bet-maker/src/domain/limits.ts'
import { createAccountRecords } from '@bets/bet-maker/src/infrastructure/account.repository.ts'
import { createBets } from '@bets/bet-maker/src/infrastructure/bet.repository.ts'
import { createBetRecords } from '@bets/bet-maker/src/infrastructure/bet-record.repository.ts'
import { createBoardRecords } from '@bets/bet-maker/src/infrastructure/board.repository.ts'
import { createFeedSyncs } from '@bets/bet-maker/src/infrastructure/feed-sync.repository.ts'
import {
  createLearnedEvents,
  createLineCopy,
} from '@bets/bet-maker/src/infrastructure/line-copy.repository.ts'
import { createSettlements } from '@bets/bet-maker/src/infrastructure/settlement.repository.ts'
import { createTransfers } from '@bets/bet-maker/src/infrastructure/transfer.repository.ts'
import { eventConsumer } from '@bets/bet-maker/src/presentation/event.consumer.ts'
import { createApiUseCases, createWorkerUseCases } from '@bets/bet-maker/src/use-cases.ts'
import type { MessageBroker } from '@bets/domain/message-broker'
import { CursorExpiredError } from '@bets/line-provider/src/domain/errors.ts'
import { createEvents } from '@bets/line-provider/src/infrastructure/event.repository.ts'
import { createEventSender } from '@bets/line-provider/src/infrastructure/event-sender.ts'
import { createFeed } from '@bets/line-provider/src/infrastructure/feed.repository.ts'
import { createRelayLease } from '@bets/line-provider/src/infrastructure/relay-lease.repository.ts'
import {
  readFeedCursor,
  writeFeedCursor,
} from '@bets/line-provider/src/presentation/feed-cursor.ts'
import { createUseCases as createLineUseCases } from '@bets/line-provider/src/use-cases.ts'
import { createLog } from '@bets/platform/process/log'
import type { Databases } from './databases.ts'
import { Process, type Wrapping } from './process.ts'

type Sql = Databases['lineSql']

/** Small, so that the few events and bets of a run fill several pages, chunks and batches. */
const PAGE = 2
const CHUNK = 2
const BATCH = 3
const FEED_MAX_AGE_MS = 20_000
const QUEUE_MAX = 1_000
const HOUR_MS = 3_600_000

const log = createLog('model', 'silent')

/** The hours that have passed in a run, and the feed syncs that have recorded their start. */
export interface ModelTime {
  hours: number
  noted: number
}

/** The whole system, with two of each process, and all ports wrapped. */
export function createSystem(
  { lineSql, apiSql, workerSql }: Databases,
  broker: MessageBroker,
  time: ModelTime,
) {
  const twice = <Parts>(
    build: (process: Wrapping) => Parts,
  ): readonly [Process<Parts>, Process<Parts>] => [new Process(build), new Process(build)]
  return {
    line: twice((process) => createLine(process, lineSql, broker)),
    relay: twice((process) => createLine(process, lineSql, broker).relay),
    api: twice((process) => createApi(process, apiSql, lineThrough(process, lineSql, broker))),
    worker: twice((process) => {
      const useCases = createWorkerUseCases({
        syncs: process.wrap(inModelTime(createFeedSyncs(workerSql), time)),
        settlements: process.wrap(createSettlements(workerSql)),
        line: lineThrough(process, lineSql, broker),
        copyFor: () => process.wrap(createLineCopy(workerSql)),
        onOwed: () => {},
        settleChunk: CHUNK,
        log,
      })
      return { ...useCases, consumer: eventConsumer(useCases) }
    }),
  }
}
export type System = ReturnType<typeof createSystem>
export type Role = keyof System

/** line-provider's use cases, whose ports a process can hold and cut. */
function createLine(process: Wrapping, sql: Sql, broker: MessageBroker) {
  return createLineUseCases({
    events: process.wrap(createEvents(sql)),
    feed: process.wrap(createFeed(sql)),
    lease: process.wrap(createRelayLease(sql)),
    sender: createEventSender(process.wrap(broker)),
    holder: crypto.randomUUID(),
    onChanged: () => {},
    log,
  })
}

function createApi(process: Wrapping, sql: Sql, line: Line) {
  return createApiUseCases({
    // Placing makes two statements, so it is cut between them instead of at its port.
    bets: createBets(process.wrapSql(sql), {
      feedMaxAgeMs: FEED_MAX_AGE_MS,
      limits: NO_LIMITS,
      batchMax: BATCH,
      queueMax: QUEUE_MAX,
    }),
    records: createBetRecords(sql),
    transfers: createTransfers(process.wrapSql(sql)),
    accounts: createAccountRecords(sql),
    limits: NO_LIMITS,
    board: createBoardRecords(sql),
    line,
    copy: process.wrap(createLearnedEvents(sql)),
    feedMaxAgeMs: FEED_MAX_AGE_MS,
  })
}

/** Backdates the start of a feed sync by the hours that have passed since. */
function inModelTime(syncs: FeedSyncs, time: ModelTime): FeedSyncs {
  const hourOf = new Map<string, number>()
  return {
    ...syncs,
    async begin() {
      const sync = await syncs.begin()
      hourOf.set(sync.beganAt, time.hours)
      time.noted++
      return sync
    },
    complete(sync, cursor, lineTime) {
      const hoursAgo = time.hours - (hourOf.get(sync.beganAt) ?? time.hours)
      if (hoursAgo === 0) return syncs.complete(sync, cursor, lineTime)
      const beganAt = new Date(Date.parse(sync.beganAt) - hoursAgo * HOUR_MS).toISOString()
      return syncs.complete({ ...sync, beganAt }, cursor, lineTime)
    },
  }
}

/** line-provider's use cases as bet-maker's client shows them, cut together with the caller. */
function lineThrough(process: Wrapping, lineSql: Sql, broker: MessageBroker): Line {
  const { getEvent, listChanges } = createLine(process, lineSql, broker)
  return {
    openEvents: async () => ({ events: [], next: undefined }),
    async event(eventId) {
      try {
        return await getEvent(eventId)
      } catch (cause) {
        if ((cause as { code?: string }).code === 'EVENT_NOT_FOUND') return undefined
        throw new LineUnavailableError({ cause })
      }
    },
    async changes(after) {
      try {
        const position = after === undefined ? undefined : readFeedCursor(after)
        const { items, cursor, ...page } = await listChanges(position, PAGE)
        return { items, cursor: writeFeedCursor(cursor), ...page, last: items.length < PAGE }
      } catch (cause) {
        if (cause instanceof CursorExpiredError) return 'expired'
        throw new LineUnavailableError({ cause })
      }
    },
  }
}
