import type { BetState } from '@bets/domain/bet'
import type { EventState, SportingEvent } from '@bets/domain/event'
import type { OpenEventPosition } from '@bets/domain/open-events'
import type { BetRequest, JudgedEvent } from '../domain/bet-request.ts'
import type { PlacedBet, VoidReason } from '../domain/placed-bet.ts'

/** The outcome of a request for a bet. `not_placed` carries the situation a moment later. */
export type Placement =
  | { kind: 'placed'; bet: PlacedBet }
  | {
      kind: 'not_placed'
      /** The bet that was placed with the same client and key. */
      earlier: { bet: PlacedBet; request: BetRequest } | undefined
      feedFresh: boolean
      /** Undefined: the copy of the line does not know the event. */
      event: JudgedEvent | undefined
      /** What the account holds; undefined: none was named, or the client has no such account. */
      balanceCents: bigint | undefined
    }

/** A change of an event's state that a bet was settled by. */
interface StateChange {
  state: EventState
  version: number
  /** When bet-maker applied it, RFC 3339. */
  at: string
  reason: string | null
  /** Why the bet is void whatever the state, as it was known then; null when it is not. */
  voidReason: VoidReason | null
}

/** Which bets to list: a client's, optionally only those in a state or on an event. */
export interface BetFilter {
  client: string
  state: BetState | undefined
  eventId: string | undefined
}

/** A page of bets. With a filter it may be short, even empty, and still have a next page. */
export interface BetPage {
  items: readonly PlacedBet[]
  /** The id below which the next page begins; undefined on the last page. */
  next: string | undefined
}

/** Where bets are placed. */
export interface Bets {
  /**
   * Places a bet if its event is open, its coefficient acceptable, the feed fresh, and the bet
   * within the limits and what its account holds, which it takes: all in the statement that places
   * it. Many callers share one statement. Throws `OverloadedError` at
   * once when too many bets are queued, and `DatabaseUnavailableError` when there is no answer: the
   * bet may have been placed all the same.
   */
  place(request: BetRequest): Promise<Placement>
}

/**
 * The bets that were placed. Throws `OverloadedError` when too many reads of the client are queued,
 * and `DatabaseUnavailableError` when there is no answer.
 */
export interface BetRecords {
  /**
   * A bet of the client with the changes of state that it was settled by, at most the latest 1,000;
   * the id is decimal text.
   */
  find(id: string, client: string): Promise<{ bet: PlacedBet; changes: StateChange[] } | undefined>
  /**
   * Newest first, below an id. Looks at a bounded number of bets, whoever they belong to, so a
   * filtered page may be short or empty.
   */
  list(filter: BetFilter, below: string | undefined, limit: number): Promise<BetPage>
}

/** A bet as everyone may see it: without its id, its client or its key. */
interface AnonymousBet {
  eventId: string
  sumCents: number
  coefficientHundredths: number
  state: BetState
  /** Null only while PENDING. */
  payoutCents: number | null
  /** RFC 3339. */
  createdAt: string
}

/** The bets that were placed within one bar of the chart. */
interface BoardBar {
  /** Stakes, in cents. */
  turnoverCents: bigint
  /** Stakes minus payouts of the settled ones, in cents: the house's profit or loss. */
  resultCents: bigint
}

/** The latest bets, a bounded number, and the age of the copy of the line when they were read. */
export interface LatestBets {
  /** In milliseconds; null until the first feed sync is complete. */
  feedAgeMs: number | null
  /** How many bets are in the totals. */
  count: number
  turnoverCents: bigint
  /** Stakes of the pending ones. */
  pendingCents: bigint
  resultCents: bigint
  /** The latest few, newest first. */
  newest: readonly AnonymousBet[]
  /**
   * A fixed number of bars of equal width, oldest first. The last one is still growing; each of the
   * others holds all bets of its time.
   */
  bars: readonly BoardBar[]
  barMs: number
  /** When the last bar ends, RFC 3339. */
  barsUntil: string
}

/** What the board shows of the bets. Throws `DatabaseUnavailableError` when there is no answer. */
export interface BoardRecords {
  /** One statement, which reads a bounded number of bets however many there are. */
  latest(): Promise<LatestBets>
}

/** A page of the change feed. */
export interface FeedPage {
  items: SportingEvent[]
  cursor: string
  /** All versions of this line are above it. Undefined when line-provider is too old to send it. */
  versionBase: number | undefined
  /**
   * line_db's clock as the page was read, RFC 3339. Undefined when line-provider is too old to send
   * it.
   */
  lineTime: string | undefined
  /** Whether this is the last page for now. */
  last: boolean
}

/** A page of the open events. */
export interface OpenEventsPage {
  events: readonly SportingEvent[]
  /** The position beyond which the next page begins; undefined on the last page. */
  next: OpenEventPosition | undefined
}

/**
 * line-provider over HTTP. Every method throws `LineUnavailableError` without a proper answer in
 * time, and those that anyone can make it call throw `OverloadedError` when too many calls of the
 * same client are queued.
 */
export interface Line {
  /** A page of the open events beyond a position, by deadline and id. */
  openEvents(after: OpenEventPosition | undefined, limit: number): Promise<OpenEventsPage>
  /** One event, open or not, for a client; undefined when the line has none with this id. */
  event(eventId: string, client: string): Promise<SportingEvent | undefined>
  /** A page of the change feed; `expired` when the cursor is of another feed. */
  changes(after: string | undefined): Promise<FeedPage | 'expired'>
}

/** Bet-maker's copy of the line. */
export interface LineCopy {
  /**
   * Applies each event whose version is higher than the known one and than the line's base, in one
   * statement. Throws `InvalidValueError` when an event can never be applied.
   *
   * Without `readSince` the events are hearsay: one far above what is known is refused, and the
   * next feed sync confirms or replaces the others. With it, line-provider answered with them over
   * HTTP, and was asked after that time by the database's clock: what the copy had before that time
   * and is ahead of them, or differs from them at the same version, is false and replaced.
   */
  apply(events: readonly SportingEvent[], readSince?: string): Promise<Applied>
  /**
   * Suspends events that line-provider, asked after that time, does not have, and takes back their
   * results; not those that came in since.
   */
  refute(eventIds: readonly string[], readSince: string): Promise<Applied>
}

/** What became of events. */
export interface Applied {
  /** Whether bets are now owed a settlement. */
  owed: boolean
  /** The changes (`changeId`) that were refused, because their versions cannot be true. */
  far: ReadonlySet<string>
}

/** An event whose bets are owed a settlement by its state at `stateVersion`. */
export interface OwedEvent {
  eventId: string
  stateVersion: number
  /**
   * The database that owes it. A database restored in its place is another one, whose bets were not
   * read.
   */
  database: number
}

/** The position after which a chunk begins. */
export interface ChunkPosition {
  eventId: string
  betId: number
}

/** What settling needs of the database; each method is one statement. */
export interface Settlements {
  /** The events that owe settlements, by id, a bounded number. */
  owed(): Promise<OwedEvent[]>
  /**
   * Waits for placements in progress. Answers false when it gave up, so as not to delay new ones.
   */
  awaitPlacements(): Promise<boolean>
  /**
   * Terminates database sessions that have held the placement barrier or the version base's lock
   * for too long; describes each.
   */
  terminateStuckPlacements(minMs: number): Promise<object[]>
  /** Reads the next bets of the events, at most `size`, and settles those that are behind. */
  settleChunk(
    events: readonly OwedEvent[],
    after: ChunkPosition,
    size: number,
  ): Promise<{ looked: number; settled: number; last: ChunkPosition | undefined }>
  /** Records the events as settled up to their versions, in the database that owed them. */
  finish(events: readonly OwedEvent[]): Promise<void>
}
