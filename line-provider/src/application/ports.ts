import type { SportingEvent } from '@bets/domain/event'
import type { OpenEventPosition } from '@bets/domain/open-events'
import type { EventChange } from '../domain/event-change.ts'

/** The outcome of a change, with the event as it is afterwards. */
export interface ChangedEvent {
  /** `kept`: nothing differs, or the change is not allowed; `refusalOf` says which. */
  outcome: 'created' | 'changed' | 'kept'
  event: SportingEvent
}

/**
 * The line. Every method is one statement and throws `DatabaseUnavailableError` when there is no
 * answer.
 */
export interface Events {
  /**
   * Applies a change atomically. Answers undefined when the event is unknown and the change does
   * not create it. Rejects with `OverloadedError` when too many changes are queued, and with
   * `EndedAtRefusedError` for an end in the future, by the database's clock.
   */
  change(change: EventChange): Promise<ChangedEvent | undefined>
  /**
   * The event in its latest form; undefined when there is none with this id. Concurrent callers
   * share statements. Rejects with `OverloadedError` when too many are queued.
   */
  find(eventId: string): Promise<SportingEvent | undefined>
  /** The open events beyond a position, by deadline and id, by the database's clock. */
  listOpen(after: OpenEventPosition | undefined, limit: number): Promise<SportingEvent[]>
}

/** A position in a feed: all changes up to `seq` have been read. */
export interface FeedPosition {
  feedId: string
  seq: number
}

/** A part of the feed, and the state of the feed when it was read. */
interface FeedPage {
  feedId: string
  lastSeq: number
  /** All versions of this line are above it. */
  versionBase: number
  /** The database's clock as this page was read, not an earlier one; see `LINE_TIME_HEADER`. */
  lineTime: string
  /** In feed order. A null `seq`: changed a moment ago and not numbered yet. */
  items: { seq: number | null; event: SportingEvent }[]
}

/** The changes of the line in commit order. */
export interface Feed {
  /** Numbers unnumbered changes, a bounded number of them; returns how many. */
  number(): Promise<number>
  /**
   * The events changed after a number, in their latest form, unnumbered ones last; one snapshot.
   */
  readAfter(seq: number, limit: number): Promise<FeedPage>
  /** Whether anything is unnumbered, or numbered above `seq`. Cheap enough for a tight poll. */
  hasNews(seq: number): Promise<boolean>
}

/** The right to publish, which one process holds at a time; times by the database's clock. */
export interface RelayLease {
  /**
   * Acquires or renews the lease. Returns the number up to which everything is published, or
   * undefined when another process holds the lease.
   */
  hold(holder: string, leaseMs: number): Promise<number | undefined>
  /**
   * Records that everything up to `seq` is published. Returns the time in Unix milliseconds, or
   * undefined when another process holds the lease by now.
   */
  advance(holder: string, seq: number): Promise<number | undefined>
  /** Ends the lease if the holder still has it, so that another process can take over at once. */
  release(holder: string): Promise<void>
}

/** Publishes events in their latest form. */
export interface EventSender {
  /**
   * Sends events in order. Returns how many, counted from the first, are safely in a queue. Rejects
   * when there is no connection.
   */
  send(events: readonly SportingEvent[]): Promise<number>
}
