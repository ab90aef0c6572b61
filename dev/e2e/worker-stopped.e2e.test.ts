import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { countWorkers } from '../traffic/broker.ts'
import { queued } from './observe.ts'
import { killNow, systemDuringTests } from './system.ts'

const MAX_AGE_MS = 1_500
const FEED_SYNC_MS = 300
const RESULTS = 30

const system = systemDuringTests({
  FEED_SYNC_INTERVAL_MS: String(FEED_SYNC_MS),
  FEED_MAX_AGE_MS: String(MAX_AGE_MS),
  LINE_PROVIDER_TIMEOUT_MS: '60000',
  LOG_LEVEL: 'warn',
})
let proxy: TcpProxy

beforeAll(async () => {
  proxy = await new TcpProxy(system.line.feedUrl).open()
})
afterAll(() => proxy.close())

/** Places a bet; true when it is accepted, false when the gate is closed. */
async function bet(event_id: string): Promise<boolean> {
  const answer = await system.place(event_id)
  if (answer.status !== 201) expect(answer.body.code).toBe('FEED_DOWN')
  return answer.status === 201
}

/** The start of the latest complete feed sync by the database's clock, its age, and its number. */
async function feed() {
  const [row] = await system.betSql<[{ fresh_at: string; age_ms: number; sync_number: number }]>`
    select fresh_at, pass as sync_number,
      (extract(epoch from clock_timestamp() - fresh_at) * 1000)::double precision as age_ms
    from feed_position`
  return row
}

test('F08 worker stopped with unacked results: another applies them by feed sync', async () => {
  const stopped = await system.spawn('worker')
  await eventually(async () => expect(await countWorkers(system.brokerUrl)).toBe(2))
  const events = Array.from({ length: RESULTS }, (_, event) => `held-${event}`)
  for (const event_id of events) await system.open(event_id)
  await system.atRest()
  for (const event_id of events) expect(await bet(event_id)).toBe(true)

  stopped.kill('SIGSTOP')
  const beganMs = performance.now()
  for (const event_id of events) await system.change({ event_id, state: 'FINISHED_LOSE' })
  await system.atRest()
  const healedMs = performance.now() - beganMs
  expect(healedMs).toBeLessThan(MAX_AGE_MS + FEED_SYNC_MS)
  await system.open('still-open')
  expect(await bet('still-open')).toBe(true)

  // The stopped worker still holds its share of the results, which is redelivered now.
  const before = await system.betSql`select * from line_events order by event_id`
  await killNow(stopped)
  await queued(system, 0)
  await eventually(async () =>
    expect([...(await system.betSql`select * from line_events order by event_id`)]).toEqual([
      ...before,
    ]),
  )
  console.log(`results held by a stopped worker arrived after ${healedMs.toFixed(0)} ms`)
})

test('F08 only worker stopped: the gate closes exactly when the feed is too old', async () => {
  const { fresh_at } = await feed()
  system.worker.kill('SIGSTOP')
  let accepted = 0
  for (;;) {
    const { age_ms } = await feed()
    const open = await bet('still-open')
    const after = await feed()
    if (after.age_ms <= MAX_AGE_MS) expect(open).toBe(true)
    if (age_ms > MAX_AGE_MS) expect(open).toBe(false)
    if (!open) break
    accepted++
  }
  expect(accepted).toBeGreaterThan(0)
  expect((await system.get('/health/ready')).feed_age_ms).toBeGreaterThan(MAX_AGE_MS)
  expect((await feed()).fresh_at >= fresh_at).toBe(true)
})

test('F08 messages held by a resumed worker do not open the gate', async () => {
  // The gate is closed. A worker that makes no feed syncs replaces the stopped one.
  await killNow(system.worker)
  const env = { LINE_PROVIDER_URL: 'http://127.0.0.1:1' }
  system.worker = await system.spawn('worker', env)
  await eventually(async () => expect(await countWorkers(system.brokerUrl)).toBe(1))
  system.worker.kill('SIGSTOP')
  const before = await feed()
  await system.change({ event_id: 'still-open', coefficient: '2.00' })
  system.worker.kill('SIGCONT')
  await eventually(async () =>
    expect([
      ...(await system.betSql`select version from line_events where event_id = 'still-open'`),
    ]).toEqual([{ version: 2 }]),
  )
  expect(await bet('still-open')).toBe(false)
  expect(await feed()).toMatchObject({ fresh_at: before.fresh_at, sync_number: before.sync_number })
  await killNow(system.worker)
})

test('F08 a feed sync interrupted beyond the maximum age does not open the gate', async () => {
  // The worker makes exactly one feed sync, which the proxy delays: it makes none after an interval
  // and none for a broker connection.
  const env = {
    LINE_PROVIDER_URL: proxy.url,
    BROKER_URL: 'amqp://127.0.0.1:1',
    FEED_SYNC_INTERVAL_MS: '3600000',
  }
  const before = await feed()
  proxy.hold()
  system.worker = await system.spawn('worker', env)
  // It has recorded the time and waits for the first page.
  await eventually(() => expect(proxy.connections).toBeGreaterThan(0))
  system.worker.kill('SIGSTOP')
  await Bun.sleep(MAX_AGE_MS + 200)
  proxy.resume()
  system.worker.kill('SIGCONT')
  await eventually(async () => expect((await feed()).sync_number).toBe(before.sync_number + 1))
  const after = await feed()
  expect(after.age_ms).toBeGreaterThan(MAX_AGE_MS)
  expect(after.fresh_at > before.fresh_at).toBe(true)
  expect(await bet('still-open')).toBe(false)
  await killNow(system.worker)
})
