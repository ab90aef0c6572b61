import { beforeEach, expect, test } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { expectProblem, json, send } from '../../dev/testing/http.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { useLineApp } from './line-app.ts'

interface Changes {
  items: LineEvent[]
  cursor: string
}

const line = await useLineApp()
beforeEach(async () => {
  await line.sql`truncate events`
  await line.sql`update feed set feed_id = gen_random_uuid(), last_seq = 0`
})

async function changes(after?: string, limit?: number): Promise<Changes> {
  const query = new URLSearchParams()
  if (after !== undefined) query.set('after', after)
  if (limit !== undefined) query.set('limit', String(limit))
  const response = await send(line.app, 'GET', `/events/changes?${query}`)
  expect(response.status).toBe(200)
  const page = await json<Changes>(response)
  expect(Object.keys(page).sort()).toEqual(['cursor', 'items'])
  expect(page.cursor).toBeString()
  expect(response.headers.get('link')).toBeNull()
  return page
}

const ids = ({ items }: Changes) => items.map(({ event_id }) => event_id)
const event = (event_id: string, fields: object = {}) =>
  line.event({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE, ...fields })

test('an empty feed has no items and a usable cursor', async () => {
  const { items, cursor } = await changes()
  expect(items).toEqual([])
  await event('m-1')
  expect(ids(await changes(cursor))).toEqual(['m-1'])
})

test('lists changes in the order made, each event once, at its latest version', async () => {
  for (const id of ['c', 'a', 'b']) await event(id)
  expect(ids(await changes())).toEqual(['c', 'a', 'b'])
  await line.event({ event_id: 'c', coefficient: '9.00' })
  const latest = await line.event({ event_id: 'c', state: 'FINISHED_WIN' })
  const page = await changes()
  expect(ids(page)).toEqual(['a', 'b', 'c'])
  expect(page.items[2]).toEqual(latest)
})

test('unnumbered changes are numbered in the order of their times', async () => {
  for (const id of ['z', 'm', 'a', 'q']) await event(id)
  await line.event({ event_id: 'z', suspended: true })
  expect(ids(await changes())).toEqual(['m', 'a', 'q', 'z'])
})

test('the feed lists ended, suspended and expired events too', async () => {
  await event('ended')
  await event('ended', { state: 'CANCELLED' })
  await event('suspended', { suspended: true })
  await event('past', { deadline: 0 })
  expect(ids(await changes())).toEqual(['ended', 'suspended', 'past'])
})

test('at the end of the feed the cursor stays the same', async () => {
  await event('m-1')
  const { cursor } = await changes()
  for (let again = 0; again < 3; again++)
    expect(await changes(cursor)).toEqual({ items: [], cursor })
  await event('m-2')
  const next = await changes(cursor)
  expect(ids(next)).toEqual(['m-2'])
  expect(next.cursor).not.toBe(cursor)
})

test('a write that changes nothing does not appear', async () => {
  await event('m-1')
  const { cursor } = await changes()
  await event('m-1')
  await line.event({ event_id: 'm-1', reason: 'nothing' })
  expect((await changes(cursor)).items).toEqual([])
})

for (const limit of [1, 2, 9, 10, 11])
  test(`pages of ${limit} list ten events once, in order, and the last is not full`, async () => {
    const expected = Array.from({ length: 10 }, (_, i) => `e-${9 - i}`)
    for (const id of expected) await event(id)
    const seen: string[] = []
    let cursor: string | undefined
    for (let pages = 0; pages < 12; pages++) {
      const page = await changes(cursor, limit)
      seen.push(...ids(page))
      cursor = page.cursor
      if (page.items.length < limit) break
    }
    expect(seen).toEqual(expected)
    expect(await changes(cursor)).toEqual({ items: [], cursor: cursor as string })
  })

test('the default limit is 1000', async () => {
  await line.sql`
    insert into events
      (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at)
    select 'e-' || n, 150, 9, 'NEW', false, 1, now() from generate_series(1, 1001) n`
  const { items, cursor } = await changes()
  expect(items).toHaveLength(1000)
  expect((await changes(cursor)).items).toHaveLength(1)
})

test('more unnumbered changes than one numbering handles are all on the pages', async () => {
  await line.sql`
    insert into events
      (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at)
    select 'e-' || n, 150, 9, 'NEW', false, 1, now() from generate_series(1, 11500) n`
  const seen = new Set<string>()
  let cursor: string | undefined
  for (;;) {
    const page: Changes = await changes(cursor, 1000)
    for (const id of ids(page)) seen.add(id)
    cursor = page.cursor
    if (page.items.length < 1000) break
  }
  expect(seen.size).toBe(11_500)
})

test('an event changed again after a cursor appears again after it, and only there', async () => {
  for (const id of ['a', 'b', 'c']) await event(id)
  const first = await changes(undefined, 2)
  expect(ids(first)).toEqual(['a', 'b'])
  await line.event({ event_id: 'a', suspended: true })
  const second = await changes(first.cursor)
  expect(ids(second)).toEqual(['c', 'a'])
  expect(second.items[1]).toMatchObject({ suspended: true, version: 2 })
})

test('a cursor of another feed is 410 CURSOR_EXPIRED, after a restore too', async () => {
  await event('a')
  const { cursor } = await changes()
  await line.sql`update feed set feed_id = gen_random_uuid()`
  await expectProblem(
    await send(line.app, 'GET', `/events/changes?after=${cursor}`),
    410,
    'CURSOR_EXPIRED',
  )
  expect(ids(await changes())).toEqual(['a'])
})

test('a cursor ahead of its own feed is 410 CURSOR_EXPIRED', async () => {
  await event('a')
  await event('b')
  const { cursor } = await changes()
  await line.sql`update feed set last_seq = 1`
  await expectProblem(
    await send(line.app, 'GET', `/events/changes?after=${cursor}`),
    410,
    'CURSOR_EXPIRED',
  )
})

test('an unreadable cursor is 422 before any query', async () => {
  const { cursor } = await changes()
  for (const after of [
    cursor.slice(0, -1),
    cursor.slice(1),
    `${cursor}x`,
    `${cursor.toUpperCase()}.`,
    'null',
  ])
    await expectProblem(
      await send(line.app, 'GET', `/events/changes?after=${after}`),
      422,
      'VALIDATION_FAILED',
      {
        paths: ['/query/after'],
      },
    )
})

test('every page has the version base of the line', async () => {
  const base = async () =>
    (await send(line.app, 'GET', '/events/changes')).headers.get('line-version-base')
  expect(await base()).toBe('0')
  await line.sql`update feed set version_base = 1000000`
  expect(await base()).toBe('1000000')
  await line.sql`update feed set version_base = 0`
})
