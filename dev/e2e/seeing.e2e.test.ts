import { beforeAll, expect, test } from 'bun:test'
import { ensureDebianPackages } from '../services/debian-packages.ts'
import type { ServiceProcess } from '../services/service-process.ts'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { checkMetrics, metricNamesIn, readMetricNames, readMetrics } from '../testing/prometheus.ts'
import { send } from '../traffic/client.ts'
import { holdLock } from './held-lock.ts'
import { systemDuringTests } from './system.ts'

/** As in prometheus.yml. */
const SCRAPE_TIMEOUT_MS = 3_000

beforeAll(() => ensureDebianPackages(['prometheus']), 180_000)
const system = systemDuringTests({ LOG_LEVEL: 'debug', LINE_PROVIDER_TIMEOUT_MS: '20000' })

/** The lines of a process's log that contain a text, parsed. */
function linesWith({ logs }: ServiceProcess, text: string): Record<string, unknown>[] {
  return logs.filter((line) => line.includes(text)).map((line) => JSON.parse(line))
}

test('a change can be traced by its id through the logs of the three processes', async () => {
  const { betsUrl, line, bets, worker } = system
  const put = (body: object, id: string) =>
    system.put({ event_id: 'seen', ...body }, { 'x-request-id': id })
  await put({ coefficient: '1.50', deadline: FAR_DEADLINE }, 'put-1')
  const bet = { event_id: 'seen', bet_sum: '12.50' }
  const placed = await send('POST', `${betsUrl}/bet`, bet, { 'x-request-id': 'bet-1' })
  await put({ state: 'FINISHED_WIN' }, 'put-2')
  expect((await put({ coefficient: '9.00' }, 'put-3')).status).toBe(409)

  // The worker may apply a change before the relay has recorded and logged its publication.
  const lines = () => [...linesWith(line, '"seen:2"'), ...linesWith(worker, '"seen:2"')]
  const steps = ['changes handled', 'published', 'changes applied', 'settled']
  await eventually(async () => expect(lines().map(({ message }) => message)).toEqual(steps), {
    withinMs: 10_000,
  })
  const [handled, published, applied, settled] = lines()
  expect(handled?.handled).toContainEqual({
    change: 'seen:2',
    outcome: 'changed',
    request_id: 'put-2',
    operator: '',
  })
  for (const step of [published, applied, settled]) expect(step?.changes).toContain('seen:2')
  expect(applied?.by).toBeOneOf(['message', 'feed sync'])
  expect(settled?.bets).toBe(1)

  expect(linesWith(line, '"put-3"')).toMatchObject([
    { handled: [{ event_id: 'seen', outcome: 'EVENT_ENDED', request_id: 'put-3' }] },
  ])
  expect(linesWith(bets, '"bet-1"')).toMatchObject([
    { bets: [{ bet: placed.body.id, change: 'seen:1', replayed: false, request_id: 'bet-1' }] },
  ])
})

test('the metrics count what was done', async () => {
  const before = await Promise.all(system.processes.map(readMetrics))
  const grown = async (process: number, sample: string) =>
    ((await readMetrics(system.processes[process] as ServiceProcess)).get(sample) ?? 0) -
    (before[process]?.get(sample) ?? 0)
  const { betsUrl } = system
  await system.open('counted', { coefficient: '2.00' })
  const bet = { event_id: 'counted', bet_sum: '3.00' }
  await system.place(bet, 'counted')
  await system.place(bet, 'counted')
  await system.place(bet)
  await system.place({ ...bet, coefficient: '1.90' })
  const account = { account_id: 'counted' }
  const transfer = (kind: string) => {
    const headers = { 'idempotency-key': `counted-${kind}` }
    return send('POST', `${betsUrl}/transfers`, { ...account, kind, amount: '4.00' }, headers)
  }
  await transfer('deposit')
  await system.place({ ...bet, ...account })
  await transfer('withdrawal')
  await system.put({ event_id: 'counted', state: 'CANCELLED' })
  await fetch(`${betsUrl}/made/up`)

  const [line, bets, worker] = [0, 1, 2]
  await eventually(async () => expect(await grown(worker, 'bets_settled_total')).toBe(3), {
    withinMs: 10_000,
  })
  const requests = (labels: string) => `http_request_duration_seconds_count{${labels}}`
  const expected: [number, string, number][] = [
    [line, requests('route="/event",method="PUT",status="201"'), 1],
    [line, requests('route="/event",method="PUT",status="200"'), 1],
    [line, 'bets_relay_published_total', 2],
    [line, 'bets_change_lag_seconds_count', 2],
    [bets, 'bets_placed_total', 3],
    [bets, 'bets_stake_cents_total', 900],
    [bets, 'bets_replayed_total', 1],
    [bets, 'bets_refused_total{code="ODDS_CHANGED"}', 1],
    [bets, 'bets_ledger_entries_total{kind="deposit"}', 1],
    [bets, 'bets_ledger_entries_total{kind="stake"}', 1],
    [bets, 'bets_transfer_cents_total{kind="deposit"}', 400],
    [bets, 'bets_transfers_refused_total{code="INSUFFICIENT_FUNDS"}', 1],
    [bets, requests('route="/bet",method="POST",status="201"'), 3],
    [bets, requests('route="/bet",method="POST",status="409"'), 1],
    [bets, requests('route="none",method="GET",status="404"'), 1],
    [worker, 'bets_settled_events_total', 1],
    [worker, 'bets_ledger_entries_total{kind="refund"}', 1],
    [worker, 'bets_dead_letters_total', 0],
  ]
  for (const [process, sample, by] of expected)
    expect(await grown(process, sample), sample).toBe(by)

  const now = await Promise.all(system.processes.map(readMetrics))
  expect(now[line]?.get('bets_relay_holder')).toBe(1)
  expect(now[line]?.get('bets_relay_backlog')).toBe(0)
  expect(now[bets]?.get('bets_accounts_below_zero')).toBe(0)
  expect(now[worker]?.get('bets_owed_settlements')).toBe(0)
  for (const process of [bets, worker])
    expect(now[process]?.get('bets_feed_age_seconds')).toBeWithin(0, 20)
  for (const process of [line, worker]) expect(now[process]?.get('bets_broker_up')).toBe(1)
})

test('/metrics passes promtool and answers quickly under load', async () => {
  const load = await system.load('metrics')
  await Bun.sleep(1_000)
  for (const { metricsUrl } of system.processes)
    for (let scrape = 0; scrape < 3; scrape++) {
      const beganMs = performance.now()
      const response = await fetch(metricsUrl)
      const text = await response.text()
      expect(performance.now() - beganMs).toBeLessThan(SCRAPE_TIMEOUT_MS)
      expect(response.headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
      expect(await checkMetrics(text)).toBe('')
    }
  await load.stop()
})

test('a scrape omits what the database cannot provide; it neither fails nor hangs', async () => {
  const { betSql, worker, env } = system
  const owed = async () => (await readMetrics(worker)).get('bets_owed_settlements')
  const isKnown = () => eventually(async () => expect(await owed()).toBe(0), { withinMs: 10_000 })
  await isKnown()

  await betSql`alter table line_events rename to renamed`
  expect(await owed()).toBeUndefined()
  await betSql`alter table renamed rename to line_events`
  await isKnown()

  const held = await holdLock(env.BET_DATABASE_URL ?? '', 'lock table line_events')
  const beganMs = performance.now()
  const metrics = await readMetrics(worker)
  expect(performance.now() - beganMs).toBeLessThan(SCRAPE_TIMEOUT_MS)
  expect(metrics.get('bets_owed_settlements')).toBeUndefined()
  expect(metrics.get('process_start_time_seconds')).toBeGreaterThan(0)
  await held.release()
  await isKnown()
})

test('every metric used by an alert is exposed by a process', async () => {
  const exposed = await Promise.all(system.processes.map(readMetricNames))
  // Prometheus itself adds `up`.
  const known = new Set(['up', ...exposed.flat()])
  const used = await metricNamesIn(`${import.meta.dir}/../../deploy/prometheus/alerts.yml`)
  expect(used.size).toBeGreaterThan(15)
  expect([...used.difference(known)]).toEqual([])
})
