import { beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { get } from '../traffic/client.ts'
import { startCommand } from './command.ts'
import { systemDuringTests } from './system.ts'

const CONNECTIONS = 400
const FLOOD_SECONDS = 8
const EVENTS = 5_000
const FEED_MAX_AGE_MS = 5_000

const system = systemDuringTests({
  FEED_SYNC_INTERVAL_MS: '500',
  FEED_MAX_AGE_MS: String(FEED_MAX_AGE_MS),
  LOG_LEVEL: 'warn',
})
beforeAll(async () => {
  await system.lineSql`
    insert into events
      (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at)
    select 'e-' || n, 150, ${FAR_DEADLINE}::bigint + n, 'NEW', false, 1, now()
    from generate_series(1, ${EVENTS}::integer) n`
  await system.open('m')
  const copied = async () =>
    expect(await system.betSql`select from line_events`).toHaveLength(EVENTS + 1)
  await eventually(copied, { withinMs: 15_000 })
  await eventually(async () => expect(await feedAgeMs()).toBeLessThan(1_000))
})

const feedAgeMs = async () => Number((await get(`${system.betsUrl}/health/ready`)).feed_age_ms)

test(`F53 ${CONNECTIONS} outsiders on line-provider do not close the gate`, async () => {
  const flood = startCommand(
    [
      process.execPath,
      'dev/traffic/flood-reads.ts',
      system.lineUrl,
      String(CONNECTIONS),
      String(FLOOD_SECONDS),
    ],
    { BUN_CONFIG_MAX_HTTP_REQUESTS: String(CONNECTIONS) },
  )
  let flooding = true
  void flood.done.then(() => {
    flooding = false
  })
  const counts: Record<string, number> = {}
  let oldestMs = 0
  for (let bets = 0; flooding; bets++) {
    // Every tenth bet is on a new event, which bet-maker asks line-provider for.
    const event_id = bets % 10 === 9 ? `new-${bets}` : 'm'
    if (event_id !== 'm') await system.open(event_id)
    const { status, body } = await system.place(event_id)
    const name = `${status} ${body.code ?? ''}`.trim()
    counts[name] = (counts[name] ?? 0) + 1
    oldestMs = Math.max(oldestMs, await feedAgeMs())
    await Bun.sleep(50)
  }
  console.log(
    `outsiders ${(await flood.done).output.trim()}; bets ${JSON.stringify(counts)}; ` +
      `the feed was at most ${oldestMs} ms old`,
  )
  expect(Object.keys(counts)).toEqual(['201'])
  expect(oldestMs).toBeLessThan(FEED_MAX_AGE_MS)
}, 60_000)

test('F53 the port for bet-maker has the routes that it reads, and no others', async () => {
  const { feedUrl } = system.line
  const ask = async (method: string, path: string) =>
    (await fetch(feedUrl + path, { method })).status
  expect(await ask('GET', '/events?limit=1')).toBe(200)
  expect(await ask('GET', '/events/changes?limit=1')).toBe(200)
  expect(await ask('GET', '/event/m')).toBe(200)
  for (const path of ['/event', '/docs', '/metrics']) expect(await ask('GET', path)).toBe(404)
  expect(await ask('PUT', '/event')).toBe(404)
})
