import { expect, test } from 'bun:test'
import type { SportingEvent } from '@bets/domain/event'
import { keepingLog } from '../../dev/testing/keeping-log.ts'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import type { EventSender, Feed, RelayLease } from '../src/application/ports.ts'
import { Relay } from '../src/application/relay.ts'

/** The database of the line and the published messages, in memory. */
class World implements Feed, RelayLease, EventSender {
  readonly events: { seq: number | null; event: SportingEvent }[] = []
  readonly sent: string[] = []
  holder: string | undefined
  publishedSeq = 0
  /** How many of the sent events the broker confirms. */
  takes = Number.POSITIVE_INFINITY
  /** Called while the confirms are in flight. */
  onSend: () => void = () => {}
  readonly log = keepingLog()
  readonly published: string[] = []

  readonly relay = this.relayOf('me')

  relayOf(holder: string): Relay {
    const onPublished = (events: readonly SportingEvent[], atMs: number) =>
      void this.published.push(...events.map(({ eventId }) => `${eventId} at ${atMs}`))
    const { log } = this
    return new Relay({ feed: this, lease: this, sender: this, log, holder, onPublished })
  }

  logged(level: string): unknown[] {
    const lines = this.log.lines.filter((line) => line.level === level)
    return lines.map(({ message, fields }) => ({ message, ...fields }))
  }

  change(eventId: string): void {
    this.events.push({ seq: null, event: sportingEvent(eventId) })
  }

  async number(): Promise<number> {
    const due = this.events.filter(({ seq }) => seq === null)
    for (const item of due) item.seq = this.events.indexOf(item) + 1
    return due.length
  }

  async readAfter(seq: number, limit: number) {
    const items = this.events.filter((item) => item.seq === null || item.seq > seq).slice(0, limit)
    return { feedId: 'f', lastSeq: this.events.length, versionBase: 0, lineTime: '', items }
  }

  async hasNews(seq: number): Promise<boolean> {
    return this.events.some((item) => item.seq === null || item.seq > seq)
  }

  async hold(holder: string): Promise<number | undefined> {
    this.holder ??= holder
    return this.holder === holder ? this.publishedSeq : undefined
  }

  async advance(holder: string, seq: number): Promise<number | undefined> {
    if (this.holder !== holder) return undefined
    this.publishedSeq = seq
    return 1
  }

  async release(holder: string): Promise<void> {
    if (this.holder === holder) this.holder = undefined
  }

  async send(events: readonly SportingEvent[]): Promise<number> {
    this.onSend()
    const confirmed = events.slice(0, this.takes)
    this.sent.push(...confirmed.map(({ eventId }) => eventId))
    return confirmed.length
  }
}

test('a round publishes and records new changes in order; the next has none left', async () => {
  const world = new World()
  world.change('a')
  world.change('b')
  expect(await world.relay.round()).toEqual({ waitMs: 0 })
  expect(await world.relay.round()).toEqual({ waitMs: 50 })
  expect(world.sent).toEqual(['a', 'b'])
  expect(world.publishedSeq).toBe(2)
})

test('only confirmed and recorded changes are reported and logged, a line per window', async () => {
  const world = new World()
  for (const id of ['a', 'b', 'c']) world.change(id)
  world.takes = 2
  await world.relay.round()
  expect(world.published).toEqual(['a at 1', 'b at 1'])
  expect(world.logged('info')).toEqual([
    { message: 'relay lease acquired' },
    { message: 'published', changes: ['a:1', 'b:1'] },
  ])
  world.takes = 0
  await world.relay.round()
  world.takes = 9
  world.onSend = () => {
    world.holder = 'other'
  }
  await world.relay.round()
  expect(world.published).toHaveLength(2)
})

test('reports whether it holds the lease', async () => {
  const world = new World()
  const other = world.relayOf('other')
  expect(world.relay.holding).toBe(false)
  await world.relay.round()
  await other.round()
  expect([world.relay.holding, other.holding]).toEqual([true, false])
  await world.relay.release()
  expect(world.relay.holding).toBe(false)
})

test('F02 unconfirmed changes are not recorded, and sent again a second later', async () => {
  const world = new World()
  for (const id of ['a', 'b', 'c']) world.change(id)
  world.takes = 1
  expect(await world.relay.round()).toEqual({ waitMs: 1_000, uninterruptible: true })
  expect(world.publishedSeq).toBe(1)
  world.takes = 0
  expect(await world.relay.round()).toEqual({ waitMs: 1_000, uninterruptible: true })
  expect(world.publishedSeq).toBe(1)
  expect(world.logged('warn')).toHaveLength(1)
  world.takes = 9
  expect(await world.relay.round()).toEqual({ waitMs: 0 })
  expect(world.sent).toEqual(['a', 'b', 'c'])
  expect(world.publishedSeq).toBe(3)
})

test('F01 nothing is recorded before it is sent, so the next relay sends it again', async () => {
  const world = new World()
  world.change('a')
  world.onSend = () => {
    throw new Error('killed')
  }
  await expect(world.relay.round()).rejects.toThrow('killed')
  expect(world.publishedSeq).toBe(0)
  world.onSend = () => {}
  world.holder = undefined
  await world.relayOf('next').round()
  expect(world.sent).toEqual(['a'])
})

test('one relay holds the lease, the others stand by until it is released', async () => {
  const world = new World()
  const other = world.relayOf('other')
  await world.relay.round()
  world.change('a')
  expect(await other.round()).toEqual({ waitMs: 1_000, uninterruptible: true })
  expect(world.sent).toEqual([])
  await world.relay.release()
  await other.round()
  expect(world.sent).toEqual(['a'])
})

test('a relay that lost the lease while publishing records nothing and stands by', async () => {
  const world = new World()
  world.change('a')
  world.onSend = () => {
    world.holder = 'other'
  }
  await world.relay.round()
  expect(world.publishedSeq).toBe(0)
  world.change('b')
  expect(await world.relay.round()).toEqual({ waitMs: 1_000, uninterruptible: true })
  expect(world.sent).toEqual(['a'])
})
