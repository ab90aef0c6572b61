import { applyChanges } from '@bets/bet-maker/src/application/apply-changes.ts'
import { learnEvent } from '@bets/bet-maker/src/application/learn-event.ts'
import { placeBet } from '@bets/bet-maker/src/application/place-bet.ts'
import type { FeedSyncs, Line } from '@bets/bet-maker/src/application/ports.ts'
import { getBet, listBets } from '@bets/bet-maker/src/application/read-bets.ts'
import { settleOwed } from '@bets/bet-maker/src/application/settle-owed.ts'
import { syncFeed } from '@bets/bet-maker/src/application/sync-feed.ts'
import { LineUnavailableError } from '@bets/bet-maker/src/domain/errors.ts'
import { createBets } from '@bets/bet-maker/src/infrastructure/bet.repository.ts'
import { createBetRecords } from '@bets/bet-maker/src/infrastructure/bet-record.repository.ts'
import { createFeedSyncs } from '@bets/bet-maker/src/infrastructure/feed-sync.repository.ts'
import { createLineCopy } from '@bets/bet-maker/src/infrastructure/line-copy.repository.ts'
import { createSettlements } from '@bets/bet-maker/src/infrastructure/settlement.repository.ts'
import { eventConsumer } from '@bets/bet-maker/src/presentation/event.consumer.ts'
import type { MessageBroker } from '@bets/domain/message-broker'
import { listChanges } from '@bets/line-provider/src/application/list-changes.ts'
import { putEvent } from '@bets/line-provider/src/application/put-event.ts'
import { getEvent } from '@bets/line-provider/src/application/read-events.ts'
import { Relay } from '@bets/line-provider/src/application/relay.ts'
import { CursorExpiredError } from '@bets/line-provider/src/domain/errors.ts'
import { createEvents } from '@bets/line-provider/src/infrastructure/event.repository.ts'
import { createEventSender } from '@bets/line-provider/src/infrastructure/event-sender.ts'
import { createFeed } from '@bets/line-provider/src/infrastructure/feed.repository.ts'
import { createRelayLease } from '@bets/line-provider/src/infrastructure/relay-lease.repository.ts'
import {
  readFeedCursor,
  writeFeedCursor,
} from '@bets/line-provider/src/presentation/feed-cursor.ts'
import { createLog } from '@bets/platform/process/log'
import type { Databases } from './databases.ts'
import { Process, type Wrapping } from './process.ts'

type Sql = Databases['lineSql']

/** Small, so that a run's few events and bets fill several pages, chunks and batches. */
const PAGE = 2
const CHUNK = 2
const BATCH = 3
const FEED_MAX_AGE_MS = 20_000
const QUEUE_MAX = 1_000
const HOUR_MS = 3_600_000

const log = createLog('model', 'silent')

/** How many hours a run has let pass, and how many passes have noted their beginning. */
export interface ModelTime {
  hours: number
  noted: number
}

/** The whole, two of each process, with all ports wrapped. */
export function createSystem(
  { lineSql, apiSql, workerSql }: Databases,
  broker: MessageBroker,
  time: ModelTime,
) {
  const twice = <Parts>(
    build: (process: Wrapping) => Parts,
  ): readonly [Process<Parts>, Process<Parts>] => [new Process(build), new Process(build)]
  return {
    line: twice((process) => {
      const events = process.wrap(createEvents(lineSql))
      return { put: putEvent({ events, onChanged: () => {} }) }
    }),
    relay: twice(
      (process) =>
        new Relay({
          feed: process.wrap(createFeed(lineSql)),
          lease: process.wrap(createRelayLease(lineSql)),
          sender: createEventSender(process.wrap(broker)),
          log,
          holder: crypto.randomUUID(),
        }),
    ),
    api: twice((process) => createApi(process, apiSql, lineSql)),
    worker: twice((process) => {
      const copy = process.wrap(createLineCopy(workerSql))
      const apply = applyChanges({ copy, onOwed: () => {} })
      const line = lineThrough(process, lineSql)
      return {
        consumer: eventConsumer({ applyChanges: apply }),
        pass: syncFeed({
          syncs: process.wrap(inModelTime(createFeedSyncs(workerSql), time)),
          line,
          applyChanges: apply,
          log,
        }),
        settle: settleOwed({
          settlements: process.wrap(createSettlements(workerSql)),
          chunkSize: CHUNK,
          log,
        }),
      }
    }),
  }
}
export type System = ReturnType<typeof createSystem>
export type Role = keyof System

function createApi(process: Wrapping, sql: Sql, lineSql: Sql) {
  // Placing takes two statements, so it is cut between them and not at its port.
  const bets = createBets(process.wrapSql(sql), {
    feedMaxAgeMs: FEED_MAX_AGE_MS,
    batchMax: BATCH,
    queueMax: QUEUE_MAX,
  })
  const learn = learnEvent({
    line: lineThrough(process, lineSql),
    copy: process.wrap(createLineCopy(sql)),
  })
  const records = createBetRecords(sql)
  return {
    place: placeBet({ bets, learnEvent: learn }),
    get: getBet({ bets: records }),
    list: listBets({ bets: records }),
  }
}

/** A pass that noted its beginning before some hours passed began that long ago. */
function inModelTime(passes: FeedSyncs, time: ModelTime): FeedSyncs {
  const hourOf = new Map<string, number>()
  return {
    ...passes,
    async note() {
      const noted = await passes.note()
      hourOf.set(noted.beganAt, time.hours)
      time.noted++
      return noted
    },
    complete(noted, cursor) {
      const hoursAgo = time.hours - (hourOf.get(noted.beganAt) ?? time.hours)
      if (hoursAgo === 0) return passes.complete(noted, cursor)
      const beganAt = new Date(Date.parse(noted.beganAt) - hoursAgo * HOUR_MS).toISOString()
      return passes.complete({ ...noted, beganAt }, cursor)
    },
  }
}

/**
 * line-provider's use cases as its client shows them. What it does is cut with the process that
 * asks.
 */
function lineThrough(process: Wrapping, lineSql: Sql): Line {
  const get = getEvent({ events: process.wrap(createEvents(lineSql)) })
  const list = listChanges({ feed: process.wrap(createFeed(lineSql)) })
  return {
    openEvents: async () => [],
    async event(eventId) {
      try {
        return await get(eventId)
      } catch (cause) {
        if ((cause as { code?: string }).code === 'EVENT_NOT_FOUND') return undefined
        throw new LineUnavailableError({ cause })
      }
    },
    async changes(after) {
      try {
        const position = after === undefined ? undefined : readFeedCursor(after)
        const { items, cursor, versionBase } = await list(position, PAGE)
        return { items, cursor: writeFeedCursor(cursor), versionBase, last: items.length < PAGE }
      } catch (cause) {
        if (cause instanceof CursorExpiredError) return 'expired'
        throw new LineUnavailableError({ cause })
      }
    },
  }
}
