/** A feed sync as it begins: how far the feed has been read, and what is known of the line. */
export interface FeedSync {
  /** Grows by one with each feed sync that is stored. */
  number: number
  cursor: string | undefined
  /**
   * All versions of the current line are above it; those of a line that a backup replaced are not.
   */
  versionBase: number
  /** The database's clock, in its own form. */
  beganAt: string
  /**
   * What messages and lookups have brought and no sync has listed: the versions of a bounded number
   * of events. What is true of it is on the pages of this sync.
   */
  heard: ReadonlyMap<string, number>
}

/**
 * The state of the feed sync, kept in `bet_db`. Throws `DatabaseUnavailableError` when the database
 * does not answer.
 */
export interface FeedSyncs {
  /** The position that a sync starts from. */
  begin(): Promise<FeedSync>
  /**
   * Compares a reading of line_db's clock, made since the sync began, with this database's. Answers
   * false when one of them was set: how far they are apart is then unknown until the next call.
   */
  measureLineClock(sync: FeedSync, lineTime: string): Promise<boolean>
  /** From now on nothing at or below this version is applied: it comes from a line that is gone. */
  raiseVersionBase(base: number): Promise<void>
  /** Marks events as listed by a sync from the feed's beginning. */
  markListed(sync: FeedSync, eventIds: readonly string[]): Promise<void>
  /**
   * Looks at a bounded number of the copy's events after the given one. Suspends those at or below
   * the line's version base, and those that a sync from the feed's beginning did not list and that
   * nothing else has brought since it began. Suspends none when another sync was stored meanwhile.
   * Returns the last event looked at; undefined when there was none.
   */
  suspendUnlisted(sync: FeedSync, after: string): Promise<string | undefined>
  /**
   * The events that messages or lookups had brought before the sync began, and that it has not
   * listed: a bounded number, and whether there are more.
   */
  unlisted(sync: FeedSync): Promise<{ eventIds: string[]; more: boolean }>
  /**
   * Stores a complete sync; false when another one was stored since it began. `lineTime` is the one
   * of its first page.
   */
  complete(sync: FeedSync, cursor: string, lineTime?: string): Promise<boolean>
  /** Closes the gate and starts the feed over, unless another sync was stored since it began. */
  startOver(sync: FeedSync): Promise<void>
}

/** How far line_db's clock is ahead of `bet_db`'s, in seconds; nulls: unknown. */
export interface LineClock {
  /** Throws `DatabaseUnavailableError` without an answer. */
  read(): Promise<{ aheadS: number | null; withinS: number | null }>
}

/** How old bet-maker's copy of the line is, in milliseconds; null until the first complete sync. */
export interface Freshness {
  /**
   * With fractions, so that it is judged as in SQL (`feed_is_fresh`). Negative when the clock was
   * set back. Throws `DatabaseUnavailableError` without an answer.
   */
  feedAgeMs(): Promise<number | null>
}
