import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import type { App } from '../../dev/testing/app.ts'
import { expectProblem, getPage, getPages, send, serveDuringTests } from '../../dev/testing/http.ts'
import { FAR_DEADLINE, lineEvent } from '../../dev/testing/line-event.ts'
import { useLineApp } from '../../line-provider/test/line-app.ts'
import { useBetApp, wireBetApp } from './bet-app.ts'

let bets: ReturnType<typeof wireBetApp>
/** The queries of the pages that were requested of line-provider's list. */
let asked: URLSearchParams[] = []
/** Answers instead of line-provider. */
let answer: App['fetch']

const lineUrl = serveDuringTests(() => ({
  handle: async (request) => answer(request),
  fetch(request) {
    asked.push(new URL(request.url).searchParams)
    return answer(request)
  },
}))

/** Answers as line-provider would, but is not asked. */
let elsewhereAsked = 0
const elsewhereUrl = serveDuringTests(() => ({
  handle: async () => list(full),
  fetch() {
    elsewhereAsked++
    return list(full)
  },
}))

const line = await useLineApp()
const database = await useBetApp()
// A new app for each test, because an app caches the list for a second.
beforeEach(async () => {
  bets = wireBetApp(database.sql, lineUrl())
  await line.sql`truncate events`
  answer = (request) => line.app.fetch(request)
  asked = []
  elsewhereAsked = 0
})
afterEach(() => expect(bets.logged).toEqual([]))

const fill = (count: number) => line.sql`
  insert into events
    (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at)
  select 'e-' || n, 150, ${FAR_DEADLINE}::bigint + n / 7, 'NEW', false, 1, now()
  from generate_series(1, ${count}::integer) n`
const put = (event_id: string, fields: object = {}) =>
  line.event({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE, ...fields })
const get = (path = '/events') => send(bets.app, 'GET', path)

test('lists open events as line-provider lists them, without those that are not open', async () => {
  await put('b', { coefficient: '2.25' })
  await put('a')
  await put('suspended', { suspended: true })
  await put('past', { deadline: 0 })
  await put('ended')
  await put('ended', { state: 'FINISHED_WIN' })
  const shown = await getPage<LineEvent>(bets.app, '/events')
  expect(shown).toEqual(await getPage<LineEvent>(line.app, '/events'))
  expect(shown.items.map(({ event_id }) => event_id)).toEqual(['a', 'b'])
})

test('no open events are an empty list', async () => {
  expect(await getPage(bets.app, '/events')).toEqual({ items: [], next: undefined })
})

test('F33 a page costs what it shows; Links lead to every open event of the line', async () => {
  await fill(2_300)
  const whole = (await getPages<LineEvent>(line.app, '/events')).flat()
  expect(whole).toHaveLength(2_300)
  for (const limit of [700, 1000, 230]) {
    const pages = await getPages<LineEvent>(bets.app, `/events?limit=${limit}`)
    expect(pages.flat()).toEqual(whole)
    expect(pages).toHaveLength(Math.ceil(2_300 / limit))
    const later = asked.splice(0).filter((query) => query.has('cursor'))
    expect(later.map((query) => Number(query.get('limit')))).toEqual(
      new Array(pages.length - 1).fill(limit),
    )
  }
  const first = await getPage(bets.app, '/events')
  expect(first.items).toHaveLength(1000)
  expect(new URLSearchParams(first.next?.split('?')[1]).has('limit')).toBe(false)
})

test('a cursor of an event that is no longer open continues after its position', async () => {
  await fill(30)
  const first = await getPage<LineEvent>(bets.app, '/events?limit=10')
  const whole = (await getPage<LineEvent>(bets.app, '/events')).items
  await put(first.items.at(-1)?.event_id as string, { suspended: true, deadline: FAR_DEADLINE + 1 })
  // Another process, without a cached list.
  const other = wireBetApp(database.sql, lineUrl())
  const second = await getPage<LineEvent>(other.app, first.next as string)
  expect(second.items).toEqual(whole.slice(10, 20))
  const end = await getPage<LineEvent>(bets.app, `/events?cursor=${FAR_DEADLINE + 100}.z`)
  expect(end).toEqual({ items: [], next: undefined })
})

test('an answer is cached, and all callers share it', async () => {
  await put('a')
  const answers = await Promise.all(Array.from({ length: 200 }, () => get()))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  await put('b')
  expect((await getPage(bets.app, '/events?limit=5')).items).toHaveLength(1)
  expect(asked.map(String)).toEqual(['limit=1000'])
})

const full = Array.from({ length: 3 }, (_, i) => lineEvent(`x-${i}`))
const list = (events: unknown, link?: string) =>
  Response.json(events, link === undefined ? {} : { headers: { link } })
const NONSENSE: [name: string, answer: (request: Request) => Response | Promise<Response>][] = [
  ['500', () => new Response(null, { status: 500 })],
  ['an empty list as 500', () => Response.json([], { status: 500 })],
  ['404', () => Response.json({ code: 'NOT_FOUND' }, { status: 404 })],
  ['a redirection to nowhere', () => Response.redirect('http://127.0.0.1:1/', 302)],
  ['HTML', () => new Response('<html></html>', { headers: { 'content-type': 'text/html' } })],
  ['nothing', () => new Response('')],
  ['truncated JSON', () => new Response('[{"event_id":"a"')],
  ['null', () => list(null)],
  ['an object', () => list({ items: [] })],
  ['one event that is none among others', () => list([...full, { event_id: 'x' }])],
  ['an event with a number as its coefficient', () => list([{ ...full[0], coefficient: 1.5 }])],
  ['more events than fit a page', () => list(Array(1_001).fill(lineEvent('x')))],
  ['a reason longer than any', () => list([lineEvent('x', { reason: 'x'.repeat(1_001) })])],
  ['no answer in time', () => Bun.sleep(800).then(() => list([]))],
]
for (const [name, given] of NONSENSE)
  test(`503 LINE_UNAVAILABLE, not an empty list, when the line answers ${name}`, async () => {
    answer = given
    const startMs = performance.now()
    await expectProblem(await get(), 503, 'LINE_UNAVAILABLE')
    expect(performance.now() - startMs).toBeLessThan(750)
  })

const ELSEWHERE: [name: string, answer: (host: string) => Response][] = [
  ['a redirection', (host) => Response.redirect(`http://${host}/events`, 302)],
  [
    'a redirection that keeps the method',
    (host) => Response.redirect(`http://${host}/events`, 307),
  ],
  ...['http://HOST', '//HOST', '/\\HOST', '\\\\HOST', '/\t/HOST', '/events/../\\HOST'].map(
    (start): [string, (host: string) => Response] => [
      `a next page at ${JSON.stringify(start)}`,
      (host) => list(full, `<${start.replace('HOST', host)}/events>; rel="next"`),
    ],
  ),
]
for (const [name, given] of ELSEWHERE)
  test(`F30 503 LINE_UNAVAILABLE, and no other server asked, for ${name}`, async () => {
    answer = () => given(new URL(elsewhereUrl()).host)
    await expectProblem(await get(), 503, 'LINE_UNAVAILABLE')
    expect(elsewhereAsked).toBe(0)
  })

test('F51 of an answer without end, no more is read than a page may have', async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20)
  let sent = 0
  const pull = async (stream: ReadableStreamDefaultController<Uint8Array>) => {
    stream.enqueue(chunk)
    sent += chunk.length
    // What the sockets buffer must not hide that the reader has gone.
    await Bun.sleep(1)
  }
  answer = () => new Response(new ReadableStream({ pull }))
  await expectProblem(await get(), 503, 'LINE_UNAVAILABLE')
  expect(sent).toBeLessThan(5 * 8 * 1024 * 1024)
})

test('503 LINE_UNAVAILABLE when line-provider is down', async () => {
  await expectProblem(await send(database.app, 'GET', '/events'), 503, 'LINE_UNAVAILABLE')
})

test('an invalid request is rejected before line-provider is called', async () => {
  answer = () => new Response(null, { status: 500 })
  for (const query of ['limit=0', 'cursor=x', 'more=1'])
    expect((await get(`/events?${query}`)).status).toBe(422)
  expect(asked).toEqual([])
})
