import { beforeEach, expect, test } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { getPage, getPages, send } from '../../dev/testing/http.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { workOf } from '../../dev/testing/work-of.ts'
import { createEvents } from '../src/infrastructure/event.repository.ts'
import { useLineApp } from './line-app.ts'

const line = await useLineApp()
beforeEach(async () => {
  await line.sql`truncate events`
})

const ids = (events: LineEvent[]) => events.map(({ event_id }) => event_id)
const event = (event_id: string, fields: object = {}) =>
  line.event({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE, ...fields })
/** Many open events at once, several per deadline. */
const fill = (count: number) => line.sql`
  insert into events
    (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at)
  select 'e-' || n, 150, ${FAR_DEADLINE}::bigint + n / 7, 'NEW', false, 1, now()
  from generate_series(1, ${count}::integer) n`

test('without events the list is empty and has no Link', async () => {
  expect(await getPage(line.app, '/events')).toEqual({ items: [], next: undefined })
})

test('open events are listed by deadline, then id in byte order, as in GET /event', async () => {
  for (const [id, deadline] of [
    ['b', FAR_DEADLINE],
    ['a', FAR_DEADLINE + 1],
    ['Z', FAR_DEADLINE],
    ['a.1', FAR_DEADLINE],
    ['a-1', FAR_DEADLINE],
    ['0', FAR_DEADLINE + 1],
    ['z', FAR_DEADLINE - 1],
  ] as const)
    await event(id, { deadline })
  const { items, next } = await getPage<LineEvent>(line.app, '/events')
  expect(ids(items)).toEqual(['z', 'Z', 'a-1', 'a.1', 'b', '0', 'a'])
  expect(next).toBeUndefined()
  expect(items[0]).toEqual((await (await send(line.app, 'GET', '/event/z')).json()) as LineEvent)
})

test('suspended, ended and expired events are left out', async () => {
  const nowSeconds = Math.floor(Date.now() / 1000)
  await event('open', { deadline: nowSeconds + 60 })
  await event('past', { deadline: nowSeconds - 60 })
  await event('never', { deadline: 0 })
  await event('suspended', { suspended: true })
  for (const state of ['FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED']) {
    await event(state)
    await event(state, { state })
  }
  expect(ids((await getPage<LineEvent>(line.app, '/events')).items)).toEqual(['open'])
  await event('suspended', { suspended: false })
  await event('CANCELLED', { state: 'NEW', reason: 'played after all' })
  expect(ids((await getPage<LineEvent>(line.app, '/events')).items)).toEqual([
    'open',
    'CANCELLED',
    'suspended',
  ])
})

test('an event leaves the list at the moment of its deadline', async () => {
  const deadline = Math.floor(Date.now() / 1000) + 1
  await event('soon', { deadline })
  while (Date.now() < deadline * 1000) {
    const listed = ids((await getPage<LineEvent>(line.app, '/events')).items)
    if (Date.now() < deadline * 1000 - 5) expect(listed).toEqual(['soon'])
    await Bun.sleep(20)
  }
  await Bun.sleep(10)
  expect((await getPage(line.app, '/events')).items).toEqual([])
})

for (const limit of [1, 6, 7, 8, 50, 99, 100, 101, 1000])
  test(`pages of ${limit} through Link list everything once and in order`, async () => {
    await fill(100)
    const whole = (await getPage<LineEvent>(line.app, '/events')).items
    const pages = await getPages<LineEvent>(line.app, `/events?limit=${limit}`)
    expect(pages.flat()).toEqual(whole)
    expect(whole).toHaveLength(100)
    // No empty page at the end: the last page with events has no Link.
    expect(pages.map((page) => page.length)).toEqual(
      Array.from({ length: Math.ceil(100 / limit) }, (_, i) => Math.min(limit, 100 - i * limit)),
    )
  })

test('the default limit is 1000, and Link keeps the other parameters', async () => {
  await fill(1001)
  const first = await getPage(line.app, '/events')
  expect(first.items).toHaveLength(1000)
  expect(first.next).toStartWith('/events?')
  expect(new URLSearchParams(first.next?.split('?')[1]).has('limit')).toBe(false)
  expect((await getPage(line.app, first.next as string)).items).toHaveLength(1)
  const limited = await getPage(line.app, '/events?limit=10')
  expect(new URLSearchParams(limited.next?.split('?')[1]).get('limit')).toBe('10')
})

test('a reader misses no open event while others come and go between pages', async () => {
  await fill(60)
  const stays = ids((await getPage<LineEvent>(line.app, '/events')).items).filter(
    (_, i) => i % 3 !== 0,
  )
  const seen: string[] = []
  let next: string | undefined = '/events?limit=7'
  for (let page = 0; next !== undefined; page++) {
    const { items, next: following }: Awaited<ReturnType<typeof getPage<LineEvent>>> =
      await getPage(line.app, next)
    seen.push(...ids(items))
    // The event of the cursor is suspended, and one is added at the front.
    const last = items.at(-1)?.event_id as string
    if (!stays.includes(last)) await event(last, { suspended: true })
    await event(`front-${page}`, { deadline: FAR_DEADLINE - page })
    next = following
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(stays.filter((id) => !seen.includes(id))).toEqual([])
})

test('F33 a page reads no more events than it lists, wherever it starts', async () => {
  const EACH = 20_000
  const nowSeconds = Math.floor(Date.now() / 1000)
  for (const [name, first] of [
    ['past', nowSeconds - EACH - 1],
    ['open', nowSeconds + 3_600],
  ] as const)
    await line.sql`
      insert into events
        (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at)
      select ${name} || n, 150, ${first}::bigint + n, 'NEW', false, 1, now()
      from generate_series(1, ${EACH}::integer) n`
  const starts = {
    'the first page': undefined,
    'a cursor that has passed': { deadline: nowSeconds - EACH / 2, eventId: 'past' },
    'the last page': { deadline: nowSeconds + 3_600 + EACH - 10, eventId: 'open' },
  }
  for (const [name, after] of Object.entries(starts)) {
    let listed = 0
    const { pages } = await workOf(line.url, async (sql) => {
      listed = (await createEvents(sql).listOpen(after, 11)).length
    })
    expect(listed, name).toBe(11)
    // For each event a page of the table at most, and the way down the index.
    expect(pages, name).toBeLessThanOrEqual(20)
  }
})
