import { afterEach, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { System } from './system.ts'

const OLD_EVENTS = 100_000
const PROGRESS_EVERY = 10_000
const NEVER_MS = '3600000'

let system: System
afterEach(() => system.stop())

/** The number of feed syncs so far. */
async function syncs(): Promise<number> {
  const [row] = await system.betSql<[{ count: number }]>`
    select pass as count from feed_position`
  return row.count
}

test('with an existing line of 100,000 events all are copied before the first bet', async () => {
  system = await new System().create()
  // In parts, to stay within the statement timeout.
  for (let last = PROGRESS_EVERY; last <= OLD_EVENTS; last += PROGRESS_EVERY)
    await system.lineSql`
      insert into events (event_id, coefficient_hundredths, deadline, state, suspended, version,
                          changed_at)
      select 'old-' || n, 150, 4102444800, 'NEW', false, 1, now()
      from generate_series(${last - PROGRESS_EVERY + 1}::integer, ${last}::integer) n`
  await system.launch()
  const codes = new Set<unknown>()
  const copied = await eventually(
    async () => {
      const { status, body } = await system.place('old-77777')
      if (status !== 201) codes.add(body.code)
      expect(status).toBe(201)
      const [row] = await system.betSql<
        [{ known: number }]
      >`select count(*) as known from line_events`
      return row.known
    },
    { withinMs: 50_000 },
  )
  expect(copied).toBe(OLD_EVENTS)
  expect([...codes]).toEqual(['FEED_DOWN'])
  const progress = system.worker.logs
    .map((text) => JSON.parse(text) as { message: string; events?: number })
    .filter(({ message }) => message === 'syncing the feed')
  // The last ten thousand complete the line, which is logged differently.
  expect(progress.length).toBeGreaterThanOrEqual(OLD_EVENTS / PROGRESS_EVERY - 1)
}, 60_000)

test('a feed sync also runs at the start and at every new broker connection', async () => {
  system = await new System().create({ FEED_SYNC_INTERVAL_MS: NEVER_MS })
  const proxy = await new TcpProxy(system.brokerUrl).open()
  await system.launch({ BROKER_URL: proxy.url })
  // One at the start and one on the broker connection, unless that came during the first.
  const first = await eventually(async () => {
    const count = await syncs()
    expect(count).toBeGreaterThan(0)
    return count
  })
  await Bun.sleep(1_000)
  const settled = await syncs()
  expect(settled).toBeLessThanOrEqual(first + 1)
  for (let connection = 1; connection <= 2; connection++) {
    const before = await syncs()
    proxy.cut()
    await eventually(async () => expect(await syncs()).toBeGreaterThan(before))
    await Bun.sleep(1_500)
    // There may have been one without a connection, too.
    expect(await syncs()).toBeLessThanOrEqual(before + 2)
  }
  await proxy.close()
}, 30_000)
