import type { SportingEvent } from '@bets/domain/event'
import { keepingLog } from '../../dev/testing/keeping-log.ts'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import type { FeedSync, FeedSyncs } from '../src/application/feed-ports.ts'
import { syncFeed } from '../src/application/sync-feed.ts'

/** The length of a page of the feed. */
export const PAGE = 2

/**
 * line-provider's feed, bet-maker's copy and the stored feed syncs, in memory. `steps` lists the
 * calls.
 */
export class World {
  feed = ['m-1', 'm-2', 'm-3', 'm-4', 'm-5'].map((id) => sportingEvent(id))
  feedId = 'a'
  /** The line's versions are above it; undefined: the line does not send it. */
  versionBase: number | undefined = 0
  /** The line's clock; undefined: the line does not send it. */
  lineTime: string | undefined
  /** Whether a reading of it agrees with those before. */
  clocksAgree = true
  knownBase = 0
  stored: { number: number; cursor: string | undefined; freshSince: string | undefined } = {
    number: 0,
    cursor: undefined,
    freshSince: undefined,
  }
  copy: string[] = []
  listed: string[] = []
  steps: string[] = []
  /** The times that the sync gave with what it read, and to the check of hearsay. */
  readSince: string | undefined
  checkedSince: string | undefined
  /** Events that the copy cannot apply. */
  bad: string[] = []
  /** Called before each page is read. */
  onRead: (page: number) => void = () => {}
  readonly log = keepingLog()

  readonly #syncs: FeedSyncs = {
    begin: async () => {
      this.steps.push('begin')
      const { number, cursor } = this.stored
      return {
        number,
        cursor,
        versionBase: this.knownBase,
        beganAt: `after step ${this.steps.length}`,
        heard: new Map(),
      }
    },
    measureLineClock: async (_sync, lineTime) => {
      this.steps.push(`measure ${lineTime}`)
      return this.clocksAgree
    },
    raiseVersionBase: async (base) => {
      this.steps.push(`raise to ${base}`)
      this.knownBase = base
    },
    markListed: async (sync, eventIds) => {
      this.steps.push(`list ${eventIds.join(' ')}`)
      if (sync.number === this.stored.number) this.listed.push(...eventIds)
    },
    suspendUnlisted: async (_sync, after) => {
      this.steps.push(`suspend after ${after}`)
      return after === '' ? 'm-3' : undefined
    },
    unlisted: async () => ({ eventIds: [], more: false }),
    complete: async (sync, cursor, lineTime) => {
      this.steps.push(lineTime === undefined ? 'complete' : `complete at ${lineTime}`)
      return this.#store(sync, cursor, sync.beganAt)
    },
    startOver: async (sync) => {
      this.steps.push('start over')
      this.#store(sync, undefined, undefined)
    },
  }

  readonly sync = syncFeed({
    syncs: this.#syncs,
    log: this.log,
    line: {
      changes: async (after) => {
        if (this.steps.length > 100) throw new Error('The feed sync does not end.')
        this.onRead(this.steps.filter((step) => step.startsWith('read')).length + 1)
        this.steps.push(`read ${after ?? 'from the beginning'}`)
        const [feedId = this.feedId, seq = 0] = after?.split(':') ?? []
        if (feedId !== this.feedId) return 'expired'
        const items = this.feed.slice(Number(seq), Number(seq) + PAGE)
        const cursor = `${this.feedId}:${Number(seq) + items.length}`
        const { versionBase, lineTime } = this
        return { items, cursor, versionBase, lineTime, last: items.length < PAGE }
      },
    },
    checkHearsay: async ({ beganAt }) => {
      this.steps.push('check hearsay')
      this.checkedSince = beganAt
    },
    applyChanges: async (events: readonly SportingEvent[], readSince: string) => {
      this.readSince = readSince
      const ids = events.map(({ eventId }) => eventId)
      this.steps.push(`apply ${ids.join(' ')}`)
      this.copy.push(...ids.filter((id) => !this.bad.includes(id)))
      return ids.map((id) => (this.bad.includes(id) ? new Error(`cannot take ${id}`) : undefined))
    },
  })

  #store(sync: FeedSync, cursor: string | undefined, freshSince: string | undefined): boolean {
    if (sync.number !== this.stored.number) return false
    this.stored = { number: sync.number + 1, cursor, freshSince }
    return true
  }
}
