import { describe, expect, test } from 'bun:test'
import type { SportingEvent } from '@bets/domain/event'
import { keepingLog } from '../../dev/testing/keeping-log.ts'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import type { FeedSync, FeedSyncs } from '../src/application/feed-ports.ts'
import { syncFeed } from '../src/application/sync-feed.ts'
import { LineUnavailableError } from '../src/domain/errors.ts'

const PAGE = 2

/**
 * line-provider's feed, bet-maker's copy and the stored feed syncs, in memory. `steps` lists the
 * calls.
 */
class World {
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

describe('a feed sync', () => {
  test('stores the cursor and the time it started once every page is applied', async () => {
    const world = new World()
    expect(await world.sync()).toBe('complete')
    expect(world.steps).toEqual([
      'begin',
      'read from the beginning',
      'apply m-1 m-2',
      'list m-1 m-2',
      'read a:2',
      'apply m-3 m-4',
      'list m-3 m-4',
      'read a:4',
      'apply m-5',
      'list m-5',
      'check hearsay',
      'suspend after ',
      'suspend after m-3',
      'complete',
    ])
    expect(world.stored).toEqual({ number: 1, cursor: 'a:5', freshSince: 'after step 1' })
  })

  test('continues where the latest feed sync stopped, and then records no list', async () => {
    const world = new World()
    await world.sync()
    world.feed.push(sportingEvent('m-1', { version: 2 }))
    world.steps = []
    expect(await world.sync()).toBe('complete')
    expect(world.steps).toEqual([
      ...['begin', 'read a:5', 'apply m-1', 'check hearsay', 'complete'],
      ...['read from the beginning', 'apply m-1 m-2'],
    ])
    expect(world.stored.cursor).toBe('a:6')
  })

  test('of a feed without news completes too: it confirms that nothing is missing', async () => {
    const world = new World()
    world.feed = []
    expect(await world.sync()).toBe('complete')
    expect(world.stored).toEqual({ number: 1, cursor: 'a:0', freshSince: 'after step 1' })
    expect(world.listed).toEqual([])
  })

  test('continues after a full page until one is not full', async () => {
    const world = new World()
    world.feed = world.feed.slice(0, PAGE)
    await world.sync()
    expect(world.steps.filter((step) => step.startsWith('read'))).toEqual([
      'read from the beginning',
      'read a:2',
    ])
  })

  test('with an inapplicable event is incomplete, and the next starts where it did', async () => {
    const world = new World()
    world.bad = ['m-3']
    await expect(world.sync()).rejects.toThrow('cannot take m-3')
    expect(world.steps).not.toContain('complete')
    expect(world.stored).toEqual({ number: 0, cursor: undefined, freshSince: undefined })
    // Its neighbour on the page was applied, and no further page was read.
    expect(world.copy).toEqual(['m-1', 'm-2', 'm-4'])

    world.bad = []
    expect(await world.sync()).toBe('complete')
    expect(world.copy).toContain('m-3')
  })

  test('in which the last page cannot be applied stores nothing', async () => {
    const world = new World()
    world.bad = ['m-5']
    await expect(world.sync()).rejects.toThrow('cannot take m-5')
    expect(world.stored).toEqual({ number: 0, cursor: undefined, freshSince: undefined })
  })

  test('during which line-provider becomes unavailable stays incomplete', async () => {
    const world = new World()
    world.onRead = (page) => {
      if (page === 2) throw new LineUnavailableError()
    }
    await expect(world.sync()).rejects.toThrow(LineUnavailableError)
    expect(world.stored.number).toBe(0)
  })

  test('that was overtaken stores nothing', async () => {
    const world = new World()
    world.onRead = (page) => {
      if (page === 1) world.stored = { number: 7, cursor: 'a:5', freshSince: 'later' }
    }
    expect(await world.sync()).toBe('overtaken')
    expect(world.stored).toEqual({ number: 7, cursor: 'a:5', freshSince: 'later' })
  })

  test('over another feed closes betting and applies nothing; the next one is full', async () => {
    const world = new World()
    await world.sync()
    world.feedId = 'b'
    world.feed = [sportingEvent('m-1', { version: 1_000_001 })]
    world.steps = []
    world.listed = []
    expect(await world.sync()).toBe('started_over')
    expect(world.steps).toEqual(['begin', 'read a:5', 'start over'])
    expect(world.stored).toEqual({ number: 2, cursor: undefined, freshSince: undefined })
    expect(world.log.lines.map(({ level }) => level)).toContain('warn')

    expect(await world.sync()).toBe('complete')
    expect(world.listed).toEqual(['m-1'])
    expect(world.stored.cursor).toBe('b:1')
  })

  test('over a restored line voids earlier versions, once, before applying anything', async () => {
    const world = new World()
    world.versionBase = 1_000_000
    expect(await world.sync()).toBe('complete')
    expect(world.steps.slice(0, 4)).toEqual([
      'begin',
      'read from the beginning',
      'raise to 1000000',
      'apply m-1 m-2',
    ])
    expect(world.steps.filter((step) => step.startsWith('raise'))).toHaveLength(1)
    world.steps = []
    expect(await world.sync()).toBe('complete')
    expect(world.steps.slice(0, 5)).toEqual([
      ...['begin', 'read a:5', 'apply ', 'check hearsay', 'complete'],
    ])
  })

  test('over a line that went back in time fails, and betting closes in time', async () => {
    const world = new World()
    world.knownBase = 2_000_000
    world.versionBase = 1_000_000
    await expect(world.sync()).rejects.toThrow('put back')
    expect(world.steps).toEqual(['begin', 'read from the beginning'])
    expect(world.stored.freshSince).toBeUndefined()
  })

  test('over a line whose versions start near the end of numbers fails', async () => {
    const world = new World()
    world.versionBase = 9_000_000_000_000_001
    await expect(world.sync()).rejects.toThrow('too close to the highest number')
    expect(world.knownBase).toBe(0)
    expect(world.stored.freshSince).toBeUndefined()
  })

  test('applies what it read as the truth since it began, and checks hearsay so', async () => {
    const world = new World()
    await world.sync()
    expect(world.readSince).toBe('after step 1')
    expect(world.checkedSince).toBe('after step 1')
  })

  test('compares a page of the whole feed each time, and begins again after the last', async () => {
    const world = new World()
    await world.sync()
    const pages: string[] = []
    for (let n = 0; n < 4; n++) {
      world.steps = []
      expect(await world.sync()).toBe('complete')
      pages.push(...world.steps.slice(world.steps.indexOf('complete') + 1))
    }
    expect(pages).toEqual([
      ...['read from the beginning', 'apply m-1 m-2', 'read a:2', 'apply m-3 m-4'],
      ...['read a:4', 'apply m-5', 'read from the beginning', 'apply m-1 m-2'],
    ])
  })

  test('over a line without a version base keeps the known one', async () => {
    const world = new World()
    world.knownBase = 1_000_000
    world.versionBase = undefined
    expect(await world.sync()).toBe('complete')
    expect(world.knownBase).toBe(1_000_000)
  })

  test('whose feed is replaced between two pages starts over too', async () => {
    const world = new World()
    world.onRead = (page) => {
      if (page === 2) world.feedId = 'b'
    }
    expect(await world.sync()).toBe('started_over')
    expect(world.stored).toEqual({ number: 1, cursor: undefined, freshSince: undefined })
  })
})
