import type { SportingEvent } from '@bets/domain/event'
import { changeId } from '@bets/domain/event'
import type { Log } from '@bets/domain/log'
import type { Pause } from '@bets/domain/pause'
import type { EventSender, Feed, RelayLease } from './ports.ts'

const LEASE_MS = 10_000
/** Well before the lease ends, so that a slow database does not cost it. */
const RENEW_MS = 3_000
/** How often to look for changes made through other processes. */
const POLL_MS = 50
/** How long to wait for the lease, or after a failure. */
const STANDBY_MS = 1_000
/** How many events are published before their confirms are awaited and recorded. */
const WINDOW = 500

/** What the relay needs. */
export interface RelayDeps {
  feed: Feed
  lease: RelayLease
  sender: EventSender
  log: Log
  /** Unique per process. */
  holder: string
  /**
   * Called with events that are recorded as published, and the time by the database's clock. Must
   * not throw.
   */
  onPublished?(events: readonly SportingEvent[], atMs: number): void
}

/**
 * Publishes every change of the line, whichever process made it, round by round. One process at a
 * time holds the lease; the others stand by. `published_seq` moves only past confirmed changes, so
 * a relay that is killed anywhere publishes some of them again and loses none.
 */
export class Relay {
  #holding = false
  #renewAtMs = 0
  #published = 0
  #stuckReported = false

  constructor(private readonly deps: RelayDeps) {}

  /** Whether this process holds the lease, as far as it knows. */
  get holding(): boolean {
    return this.#holding
  }

  /** Acquires or renews the lease and publishes one window of new changes. */
  async round(): Promise<Pause> {
    return (await this.#hold())
      ? this.#publishNews()
      : { waitMs: STANDBY_MS, uninterruptible: true }
  }

  /**
   * Releases the lease, so that another process takes over at once. Never call it during a round.
   */
  async release(): Promise<void> {
    if (this.#holding) await this.deps.lease.release(this.deps.holder)
    this.#holding = false
  }

  async #hold(): Promise<boolean> {
    const nowMs = performance.now()
    if (this.#holding && nowMs < this.#renewAtMs) return true
    const published = await this.deps.lease.hold(this.deps.holder, LEASE_MS)
    if (published === undefined) {
      if (this.#holding) this.#standBy()
      return false
    }
    if (!this.#holding) this.deps.log.info('relay lease acquired')
    this.#holding = true
    this.#published = published
    this.#renewAtMs = nowMs + RENEW_MS
    return true
  }

  /** Another process holds the lease now. */
  #standBy(): void {
    this.#holding = false
    this.deps.log.info('relay on standby')
  }

  /** Publishes one window. */
  async #publishNews(): Promise<Pause> {
    const { feed, lease, sender, holder, log } = this.deps
    if (!(await feed.hasNews(this.#published))) return { waitMs: POLL_MS }
    await feed.number()
    const { items } = await feed.readAfter(this.#published, WINDOW)
    const numbered = items.filter((item) => item.seq !== null)
    if (numbered.length === 0) return { waitMs: 0 }

    const sent = await sender.send(numbered.map(({ event }) => event))
    const last = numbered[sent - 1]?.seq
    if (typeof last === 'number') {
      const atMs = await lease.advance(holder, last)
      if (atMs === undefined) this.#standBy()
      else {
        this.#published = last
        const published = numbered.slice(0, sent).map(({ event }) => event)
        log.info('published', { changes: published.map(changeId) })
        this.deps.onPublished?.(published, atMs)
      }
    }
    if (sent === numbered.length) {
      this.#stuckReported = false
      return { waitMs: 0 }
    }
    if (!this.#stuckReported)
      log.warn('broker did not accept an event, retrying every second', {
        eventId: numbered[sent]?.event.eventId,
        version: numbered[sent]?.event.version,
      })
    this.#stuckReported = true
    return { waitMs: STANDBY_MS, uninterruptible: true }
  }
}
