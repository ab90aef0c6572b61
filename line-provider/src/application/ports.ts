import type { SportingEvent } from '@bets/domain/event'
import type { OpenEventPosition } from '@bets/domain/open-events'
import type { EventChange } from '../domain/event-change.ts'

/** What became of a change, and the event as it is then. */
export interface ChangedEvent {
  /** kept: nothing differs, or the change is not allowed; `refusalOf` tells which. */
  outcome: 'created' | 'changed' | 'kept'
  event: SportingEvent
}

/**
 * The line. Every method is one statement and throws `DatabaseUnavailableError` when there is no
 * answer.
 */
export interface Events {
  /**
   * Applies a change atomically. Undefined: the event is unknown and the change does not make a new
   * one. Rejects with `OverloadedError` when too many wait.
   */
  change(change: EventChange): Promise<ChangedEvent | undefined>
  /** The event in its latest form; undefined when there is none with this id. */
  find(eventId: string): Promise<SportingEvent | undefined>
  /** The open events beyond a position, by deadline and id, by the database's clock. */
  listOpen(after: OpenEventPosition | undefined, limit: number): Promise<SportingEvent[]>
}

/** A place in a feed: all changes up to `seq` have been read. */
export interface FeedPosition {
  feedId: string
  seq: number
}

/** A part of the feed and how the feed stood when it was read. */
interface FeedPage {
  feedId: string
  lastSeq: number
  /** All versions of this line are above it. */
  versionBase: number
  /** In the order of changes; `seq` null: changed just now and not numbered yet. */
  items: { seq: number | null; event: SportingEvent }[]
}

/** The changes of the line in the order in which they were committed. */
export interface Feed {
  /** Numbers what is not numbered yet, a bounded part of it; returns how many. */
  number(): Promise<number>
  /**
   * The events changed after a number, in their latest form, those not numbered yet last; one
   * snapshot.
   */
  readAfter(seq: number, limit: number): Promise<FeedPage>
  /**
   * Whether there is anything unnumbered or numbered above `seq`. Cheap enough to ask all the time.
   */
  hasNews(seq: number): Promise<boolean>
}

/** The right to publish, which one process holds at a time; times by the database's clock. */
export interface RelayLease {
  /**
   * Takes or prolongs the lease. Returns up to which number all is published, or undefined: another
   * holds it.
   */
  hold(holder: string, leaseMs: number): Promise<number | undefined>
  /**
   * Notes that all is published up to `seq`. Returns when, in Unix milliseconds; undefined: the
   * lease is another's now.
   */
  advance(holder: string, seq: number): Promise<number | undefined>
  /** Ends the lease if it is still the holder's, so that another need not wait for its end. */
  release(holder: string): Promise<void>
}

/** Tells the world how events are now. */
export interface EventSender {
  /**
   * Sends events in order. Returns how many, counted from the first, are safely with their readers'
   * queues. Rejects when there is no connection.
   */
  send(events: readonly SportingEvent[]): Promise<number>
}
