import { expect, test } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { expectInvalid, expectProblem, json, send } from '../../dev/testing/http.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { useLineApp } from './line-app.ts'

const line = await useLineApp()
await line.event({ event_id: 'm-1', coefficient: '2.00', deadline: FAR_DEADLINE })

const HOSTILE = [
  "'; drop table events; --",
  "' or '1'='1",
  '"); select pg_sleep(10); --',
  '$1',
  '%s %d {} #{7*7} {{7*7}}',
  '\\x00 \\u0000 \\',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '&lt;b&gt; &amp; &#x27;',
  '../../etc/passwd',
  '{"$gt": ""}',
  'a\u2028b\u2029c\u200bd\u202ee',
  '𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧‍👦 日本語 ﷽',
  'O\'Neil "the" `cat`',
]

for (const text of HOSTILE)
  test(`B15 reason ${JSON.stringify(text).slice(0, 30)} is stored and shown verbatim`, async () => {
    // The coefficient differs, so that the change has an effect.
    const coefficient = `${2 + HOSTILE.indexOf(text)}.50`
    const changed = await json<LineEvent>(
      await line.put({ event_id: 'm-1', coefficient, reason: text }),
    )
    expect(changed.reason).toBe(text)
    expect((await json<LineEvent>(await send(line.app, 'GET', '/event/m-1'))).reason).toBe(text)
    const feed = await json<{ items: LineEvent[] }>(await send(line.app, 'GET', '/events/changes'))
    expect(feed.items.map(({ reason }) => reason)).toEqual([text])
    const [open] = await json<LineEvent[]>(await send(line.app, 'GET', '/events'))
    expect(open?.reason).toBe(text)
  })

for (const text of HOSTILE)
  test(`B15 ${JSON.stringify(text).slice(0, 30)} in any field is 422, not echoed`, async () => {
    const now = await line.contents()
    const fitting = { event_id: 'v-1', coefficient: '1.50', deadline: FAR_DEADLINE }
    for (const field of ['event_id', 'coefficient', 'deadline', 'state', 'suspended'])
      await expectInvalid(await line.put({ ...fitting, [field]: text }), [`/body/${field}`], text)
    const encoded = encodeURIComponent(text)
    for (const [path, parameter] of [
      ['/events?cursor=', 'cursor'],
      ['/events?limit=', 'limit'],
      ['/events/changes?after=', 'after'],
    ])
      await expectInvalid(
        await send(line.app, 'GET', path + encoded),
        [`/query/${parameter}`],
        text,
      )
    await expectInvalid(await send(line.app, 'GET', `/event/${encoded}`), ['/path/event_id'], text)
    expect(await line.contents()).toBe(now)
  })

test('B15 60 KiB in any field is 422, and with 64 KiB the body is too large', async () => {
  const now = await line.contents()
  const long = 'a'.repeat(60 * 1024)
  for (const field of ['event_id', 'coefficient', 'deadline', 'state', 'suspended', 'reason'])
    await expectInvalid(
      await line.put({ event_id: 'v-1', [field]: long }),
      [`/body/${field}`],
      'aaaaaa',
    )
  await expectProblem(
    await line.put({ event_id: 'v-1', reason: 'a'.repeat(64 * 1024) }),
    413,
    'BODY_TOO_LARGE',
  )
  for (const path of [`/events?cursor=${long}`, `/events/changes?after=${long}`, `/event/${long}`])
    await expectInvalid(await send(line.app, 'GET', path), [expect.any(String)], 'aaaaaa')
  expect(await line.contents()).toBe(now)
})

const REFUSED_REASONS: [name: string, reason: string][] = [
  ['empty', ''],
  ['blank', '   '],
  ['blank in other scripts', '\u3000\u00a0\u2003'],
  ['with NUL', 'a\0b'],
  ['with a line break', 'a\nb'],
  ['with a tab', 'a\tb'],
  ['with DEL', 'a\x7fb'],
  ['with a C1 control', 'a\x85b'],
  ['of 501 characters', 'r'.repeat(501)],
  ['of 501 emoji', '👍'.repeat(501)],
]
for (const [name, reason] of REFUSED_REASONS)
  test(`B15 a reason ${name} is 422`, async () => {
    const now = await line.contents()
    await expectInvalid(await line.put({ event_id: 'm-1', coefficient: '99.00', reason }), [
      '/body/reason',
    ])
    expect(await line.contents()).toBe(now)
  })

test('B15 a reason that is not well-formed Unicode is 422', async () => {
  const now = await line.contents()
  for (const half of ['\\ud83d', '\\udc4d', 'ok \\ud83d ok']) {
    const body = `{"event_id":"m-1","coefficient":"99.00","reason":"${half}"}`
    await expectInvalid(await send(line.app, 'PUT', '/event', body), ['/body/reason'])
  }
  expect(await line.contents()).toBe(now)
})

test('a reason of 500 characters is stored, counted in code points, not UTF-16 units', async () => {
  for (const reason of ['r'.repeat(500), '👍'.repeat(500), ` ${'r'.repeat(498)} `]) {
    const { version, reason: kept } = await line.event({ event_id: 'm-1', suspended: true, reason })
    expect(kept).toBe(reason)
    const back = await line.event({ event_id: 'm-1', suspended: false })
    expect(back).toMatchObject({ version: version + 1, reason: null })
  }
})
