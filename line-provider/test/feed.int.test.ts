import { expect, test } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { connectDatabase } from '@bets/platform/postgres/database'
import { eventually } from '../../dev/testing/eventually.ts'
import { json, send } from '../../dev/testing/http.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { createLineDatabase } from '../../dev/testing/test-database.ts'
import { workOf } from '../../dev/testing/work-of.ts'
import { listChanges } from '../src/application/list-changes.ts'
import type { ChangedEvent } from '../src/application/ports.ts'
import { createEvents } from '../src/infrastructure/event.repository.ts'
import { createFeed } from '../src/infrastructure/feed.repository.ts'
import { useLineApp } from './line-app.ts'

const EVENTS = 150
const WRITERS = 6
const CHANGES_PER_WRITER = 700
const PAGE = 40

const line = await useLineApp()

test('a change that commits between numbering and reading is on two pages', async () => {
  const event = (id: string, fields: object) =>
    line.event({ event_id: id, coefficient: '1.50', deadline: 9, ...fields })
  await event('a', {})
  await event('b', {})
  const feed = createFeed(line.sql)
  const { cursor } = await listChanges({ feed })(undefined, 10)
  // Between the two statements of `listChanges`.
  const unnumbered = listChanges({ feed: { ...feed, number: async () => 0 } })
  await event('a', { coefficient: '7.00' })
  expect(await unnumbered(cursor, 10)).toEqual({
    items: [expect.objectContaining({ eventId: 'a', version: 2 })],
    cursor,
    versionBase: 0,
    lineTime: expect.any(String),
  })
  const later = await listChanges({ feed })(cursor, 10)
  expect(later.items.map(({ eventId }) => eventId)).toEqual(['a'])
  expect(later.cursor.seq).toBe(cursor.seq + 1)
})

test('a change that commits late, after a later one was read, still appears', async () => {
  for (const id of ['slow', 'fast'])
    await line.event({ event_id: id, coefficient: '1.50', deadline: 9 })
  const read = listChanges({ feed: createFeed(line.sql) })
  const { cursor } = await read(undefined, 1_000)
  const slow = connectDatabase(line.url, { max: 1, applicationName: 'test-slow' })
  await slow`begin`
  await createEvents(slow).change({ eventId: 'slow', deadline: 10 })
  await line.event({ event_id: 'fast', deadline: 10 })
  const first = await read(cursor, 1_000)
  await slow`commit`
  const second = await read(first.cursor, 1_000)
  const idsOf = (page: typeof first) => page.items.map(({ eventId }) => eventId)
  expect([idsOf(first), idsOf(second)]).toEqual([['fast'], ['slow']])
  await slow.end({ timeout: 1 })
})

test('a numbering waits for the running one and continues where that one ended', async () => {
  const [before] = await line.sql<[{ last_seq: number }]>`select last_seq from feed`
  await line.event({ event_id: 'first', coefficient: '1.50', deadline: 9 })
  const other = connectDatabase(line.url, { max: 1, applicationName: 'test-numbering' })
  await other`begin`
  expect(await createFeed(other).number()).toBe(1)
  await line.event({ event_id: 'second', coefficient: '1.50', deadline: 9 })
  const waiting = createFeed(line.sql).number().catch(String)
  await eventually(async () =>
    expect(await line.sql`select 1 from pg_locks where not granted`).not.toHaveLength(0),
  )
  await other`commit`
  expect(await waiting).toBe(1)
  const numbered = await line.sql<{ event_id: string; seq: number }[]>`
    select event_id, seq from events where seq > ${before.last_seq} order by seq`
  expect(numbered.map((row) => ({ ...row }))).toEqual([
    { event_id: 'first', seq: before.last_seq + 1 },
    { event_id: 'second', seq: before.last_seq + 2 },
  ])
  await other.end({ timeout: 1 })
})

test('a feed reader misses nothing while two processes number what writers change', async () => {
  const pools = [0, 1].map((n) =>
    connectDatabase(line.url, { max: 4, applicationName: `writers-${n}` }),
  )
  const stores = pools.map((sql) => createEvents(sql))
  const feeds = pools.map(createFeed)
  /** The version of each event that is known to be committed. */
  const committed = new Map<string, number>()
  let writing = true

  const write = async (writer: number) => {
    const events = stores[writer % 2] as (typeof stores)[number]
    for (let n = 0; n < CHANGES_PER_WRITER; n++) {
      const eventId = `m-${(n * 7 + writer * 31) % EVENTS}`
      // The deadlines differ, so that each change has an effect.
      const change = { eventId, deadline: FAR_DEADLINE + writer * CHANGES_PER_WRITER + n }
      const { event } = (await events.change(change)) as ChangedEvent
      committed.set(eventId, Math.max(committed.get(eventId) ?? 0, event.version))
    }
  }
  const number = async (feed: (typeof feeds)[number]) => {
    while (writing) await feed.number()
  }

  /** The version of each event that the reader has seen. */
  const seen = new Map<string, LineEvent>()
  let cursor: string | undefined
  let syncs = 0
  const readToTheEnd = async () => {
    const promised = new Map(committed)
    for (;;) {
      const after = cursor === undefined ? '' : `&after=${cursor}`
      const response = await send(line.app, 'GET', `/events/changes?limit=${PAGE}${after}`)
      const page = await json<{ items: LineEvent[]; cursor: string }>(response)
      for (const event of page.items)
        if ((seen.get(event.event_id)?.version ?? 0) < event.version)
          seen.set(event.event_id, event)
      cursor = page.cursor
      if (page.items.length < PAGE) break
    }
    // Everything that was committed before the feed sync began is on its pages.
    const missed = [...promised].filter(([id, version]) => (seen.get(id)?.version ?? 0) < version)
    expect(missed).toEqual([])
    syncs++
  }

  for (let n = 0; n < EVENTS; n++)
    await line.event({ event_id: `m-${n}`, coefficient: '1.50', deadline: FAR_DEADLINE - 1 })
  const numberers = feeds.map(number)
  const read = (async () => {
    while (writing) await readToTheEnd()
  })()
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)))
  writing = false
  await Promise.all([...numberers, read])
  await readToTheEnd()

  const table = await line.sql<{ event_id: string; version: number; seq: number }[]>`
    select event_id, version, seq from events where event_id like 'm-%' order by seq`
  expect(table).toHaveLength(EVENTS)
  for (const { event_id, version } of table) expect(seen.get(event_id)?.version).toBe(version)
  expect(table.reduce((sum, { version }) => sum + version, 0)).toBe(
    EVENTS + WRITERS * CHANGES_PER_WRITER,
  )
  expect(syncs).toBeGreaterThan(10)
  for (const pool of pools) await pool.end({ timeout: 1 })
}, 60_000)

test('numbers have no gaps or duplicates, for each event of a batch', async () => {
  const [before] = await line.sql<[{ last_seq: number }]>`select last_seq from feed`
  await line.sql`update events set seq = null`
  const feeds = [createFeed(line.sql), createFeed(line.sql)]
  const counts = await Promise.all([...feeds, ...feeds].map((feed) => feed.number()))
  const [{ count }] = await line.sql<[{ count: number }]>`select count(*) from events`
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(count)
  const seqs = await line.sql<{ seq: number }[]>`select seq from events order by seq`
  expect(seqs.map(({ seq }) => seq)).toEqual(
    Array.from({ length: count }, (_, i) => before.last_seq + i + 1),
  )
  expect(await feeds[0]?.number()).toBe(0)
})

test('F37 numbering and reading are bounded, whatever statistics say', async () => {
  const COUNT = 30_000
  const NUMBERED = 10_000
  const other = await createLineDatabase()
  await other.sql`
    insert into events
      (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at, seq)
    select 'e-' || n, 150, 9, 'NEW', false, 1, now(), n
    from generate_series(1, ${COUNT}::integer) n`
  await other.sql`analyze`
  // As a restore from a backup does.
  await other.sql`update events set seq = null`
  await other.sql`vacuum events`
  for (const seq of [0, COUNT]) {
    const page = await workOf(other.url, (sql) => createFeed(sql).readAfter(seq, 100))
    expect(page.rows).toBeLessThan(300)
  }
  const numbering = await workOf(other.url, async (sql) =>
    expect(await createFeed(sql).number()).toBe(NUMBERED),
  )
  // Each event is found to be locked, and found again to be numbered.
  expect(numbering.rows).toBeLessThan(2 * NUMBERED + 100)
  await other.drop()
})

test('F38 nothing gets into the line that would make the feed unreadable', async () => {
  const event = { change: 0, event_id: 'm-1', coefficient: 150, deadline: 1 }
  const change = (more: object) =>
    line.sql`
      select outcome from change_events(${JSON.stringify([{ ...event, ...more }])}::text)`
  for (const event_id of ['a b', '', '.', 'm/1', `m${'1'.repeat(64)}`, 'm\n', 'é'])
    expect(await change({ event_id })).toHaveLength(0)
  for (const unfit of [
    { deadline: -1 },
    { deadline: 253_402_300_800 },
    { reason: '' },
    { reason: 'x'.repeat(501) },
  ])
    expect(await change(unfit)).toHaveLength(0)
  expect(await change({ event_id: `m${'1'.repeat(63)}`, reason: '🏀'.repeat(500) })).toHaveLength(1)
  expect(await change({})).toHaveLength(1)
  for (const ended_at of ['-infinity', '4713-01-01 BC', '0001-12-31 BC'])
    expect(await change({ state: 'FINISHED_WIN', ended_at })).toHaveLength(0)
})
