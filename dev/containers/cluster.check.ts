import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { longestGapMs } from '../traffic/answered.ts'
import { expectInvariants } from '../traffic/invariants.ts'
import { startTraffic, type Traffic } from '../traffic/traffic.ts'
import { createCluster, NODES } from './cluster.ts'
import { type Pauses, pausesSince, tableOf } from './pauses.ts'
import { watchSettling } from './settling-watch.ts'
import { timed } from './timed.ts'

// Not named *.test.ts: it needs a Docker engine, so only `make test-cluster` runs it.

const LINES = ['line-provider', 'line-provider-2']
const BETS = ['bet-maker', 'bet-maker-2', 'bet-maker-3']
const WORKERS = ['worker', 'worker-2']
/** One of each kind, for `make test-cluster short=1`; the others behave alike. */
const SHORT = process.env.CLUSTER_SHORT === '1'
const KILLED = SHORT
  ? ['line-provider-2', 'bet-maker-3', 'worker', 'rabbitmq-2']
  : [...LINES, ...BETS, ...WORKERS, ...NODES]
/** Stands for the node that leads the workers' queue at that time. */
const LEADER = "the queue's leader"
const FROZEN = SHORT ? [LEADER] : [LEADER, 'worker', 'line-provider', 'bet-maker']
const ROLLED: (readonly string[])[] = SHORT ? [LINES, BETS, WORKERS] : [LINES, BETS, WORKERS, NODES]
/** Long enough for `make up` to build the image. */
setDefaultTimeout(9 * 60_000)
/** How long the system runs without the killed container, and with all healthy again. */
const DOWN_MS = 5_000
const AFTERWARDS_MS = 2_000
const FROZEN_MS = 10_000
/** The number of clients with a connection: eight bettors, a mixed client, an operator. */
const MOST_CUT_OFF = 10
/** The longest allowed time without a bet or a change, and from a result to its last bet. */
const PAUSE_MAX_MS = 30_000

const cluster = await createCluster()
const { betSql, lineSql } = cluster
const rows: Pauses[] = []
let load: Traffic
let settling: ReturnType<typeof watchSettling>
let shown: string

beforeAll(async () => {
  shown = await timed('make up cluster=1', () => cluster.make('up'))
  settling = watchSettling(betSql)
  load = await startTraffic({
    ...cluster,
    name: 'load',
    lineUrls: [cluster.lineUrl],
    betsUrls: [cluster.betsUrl],
    proxied: true,
    restMs: { bet: 25, change: 60 },
    replace: true,
    mixed: true,
    onResult: settling.expect,
  })
})
afterAll(async () => {
  if (rows.length > 0) console.log(`\n${tableOf(rows)}\n`)
  await Promise.all([betSql.end({ timeout: 1 }), lineSql.end({ timeout: 1 })])
  await cluster.remove()
})

/** Does something to the cluster under load; returns what the clients noticed. */
async function observed(name: string, work: () => Promise<unknown>): Promise<Pauses> {
  const fromMs = performance.now()
  await timed(name, work)
  await Bun.sleep(AFTERWARDS_MS)
  const row = pausesSince(name, fromMs, load, settling.results)
  rows.push(row)
  return row
}

function expectShort({ noBetMs, noChangeMs, settledMs }: Pauses): void {
  for (const ms of [noBetMs, noChangeMs, settledMs]) expect(ms).toBeLessThan(PAUSE_MAX_MS)
}

/** Expects no long pause, and no answer but proper ones and 503. */
function expectServed(row: Pauses): void {
  expectShort(row)
  expect(Object.keys(row.refused).filter((what) => !what.startsWith('503 '))).toEqual([])
}

async function recovered(service: string): Promise<void> {
  await cluster.healthy(service)
  if ((NODES as readonly string[]).includes(service)) await cluster.quorum(service)
}

test('a replica is configured like its original', async () => {
  const { services } = Bun.YAML.parse(await cluster.compose('config')) as {
    services: Record<string, Record<string, unknown>>
  }
  const shared = (service: string) => {
    const { hostname, networks, volumes, ports, build, ...rest } = services[service] as Record<
      string,
      unknown
    >
    const { JOIN_AFTER, ...environment } = rest.environment as Record<string, unknown>
    return { ...rest, environment }
  }
  for (const [first, ...others] of [LINES, BETS, WORKERS, [...NODES]])
    for (const other of others) expect(shared(other)).toEqual(shared(first as string))
})

test('every queue has a member on each node', async () => {
  for (const { members, online } of await cluster.queues('rabbitmq-3'))
    for (const nodes of [members, online])
      expect(nodes.toSorted()).toEqual(NODES.map((node) => `rabbit@${node}`))
})

test('the services are published by nginx only, neither the feed nor metrics at all', async () => {
  expect(await cluster.published()).toEqual([
    '127.0.0.1 nginx:8080',
    '127.0.0.1 nginx:8100',
    '127.0.0.1 pgadmin:80',
    '127.0.0.1 postgres:5432',
    '127.0.0.1 rabbitmq:15672',
  ])
  for (const url of [cluster.lineUrl, cluster.betsUrl, cluster.rabbitmqUiUrl, cluster.pgadminUrl])
    expect(shown).toContain(url)
})

test('nginx leads to no metrics, passes ids on, answers 413 properly, has no rights', async () => {
  for (const url of [cluster.lineUrl, cluster.betsUrl]) {
    const hidden = await fetch(`${url}/metrics`, { headers: { 'x-request-id': 'mine' } })
    expect([hidden.status, hidden.headers.get('x-request-id')]).toEqual([404, 'mine'])
    expect(await hidden.json()).toMatchObject({ code: 'NOT_FOUND' })
    const large = await fetch(`${url}/bet`, { method: 'POST', body: 'a'.repeat(1_100_000) })
    expect([large.status, large.headers.get('content-type')]).toEqual([
      413,
      'application/problem+json',
    ])
    expect(await large.json()).toMatchObject({ code: 'BODY_TOO_LARGE' })
    const live = await fetch(`${url}/health/live`, { headers: { 'x-request-id': 'mine' } })
    expect([live.headers.get('x-request-id'), live.headers.get('server')]).toEqual([
      'mine',
      'nginx',
    ])
  }
  const inside = 'id -u; grep CapEff /proc/self/status; touch /etc/x 2>&1 || true'
  expect(await cluster.compose('exec', '-T', 'nginx', 'sh', '-c', inside)).toMatch(
    /^101\nCapEff:\t0+\n.*Read-only file system/,
  )
})

test.each(KILLED)('%s killed under load: no pause, and the others suffice', async (service) => {
  const row = await observed(`${service} killed`, async () => {
    await cluster.kill(service)
    await Bun.sleep(DOWN_MS)
    await cluster.start(service)
    await recovered(service)
  })
  expectServed(row)
})

test('nginx killed under load: its restart policy restarts it', async () => {
  const row = await observed('nginx killed', async () => {
    await cluster.crash('nginx')
    await cluster.healthy('nginx')
  })
  expectShort(row)
})

test('F19 both line-providers killed: immediate problem document, bets continue', async () => {
  let noBetMs = Number.POSITIVE_INFINITY
  const row = await observed('both line-providers killed', async () => {
    const fromMs = performance.now()
    await Promise.all(LINES.map(cluster.kill))
    const answer = await fetch(`${cluster.lineUrl}/events`)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await answer.json()).toMatchObject({ code: 'OVERLOADED', status: 503 })
    await Bun.sleep(DOWN_MS)
    // Starting may take longer on a busy machine than the feed may be old.
    noBetMs = longestGapMs(load.bets, fromMs, performance.now())
    await Promise.all(LINES.map(cluster.start))
    await Promise.all(LINES.map(recovered))
  })
  expectServed(row)
  expect(noBetMs).toBeLessThan(DOWN_MS)
})

test.each(FROZEN)('F06 F08 %s frozen under load', async (name) => {
  const service = name === LEADER ? await cluster.leader() : name
  const row = await observed(`${service} frozen`, async () => {
    await cluster.freeze(service)
    await Bun.sleep(FROZEN_MS)
    await cluster.thaw(service)
    await recovered(service)
  })
  expectServed(row)
})

test('F21 make migrate under load', async () =>
  expectServed(await observed('make migrate', () => cluster.make('migrate'))))

test.each(ROLLED.map((services) => [services[0] as string, services] as const))(
  'F20 a rolling restart of every %s under load: no request fails beyond 503',
  async (name, services) => {
    const row = await observed(`${name} restarted, one after the other`, async () => {
      for (const service of services) {
        await cluster.restart(service)
        await recovered(service)
      }
    })
    expectServed(row)
  },
)

test('nginx reloads under load: each connection that it closes may cost a request', async () => {
  const row = await observed('nginx reloaded', () =>
    cluster.compose('exec', '-T', 'nginx', 'nginx', '-c', '/etc/nginx/bets.conf', '-s', 'reload'),
  )
  // It closes idle connections at once, possibly just when a client reuses one.
  const { 'no answer': cutOff = 0, ...refused } = row.refused
  expect(cutOff).toBeLessThanOrEqual(MOST_CUT_OFF)
  expectServed({ ...row, refused })
})

test('F01 F03 F07 F15 in the end the invariants hold and there are no dead letters', async () => {
  await load.stop()
  await settling.stop()
  const { accepted, unkeyed, changes } = load
  console.log(
    `${accepted.size} bets with a key, ${unkeyed.length} without, ` +
      `${changes.length} changes, ${settling.results.length} results`,
  )
  await eventually(() => expectInvariants(cluster, load.accepted), { withinMs: 30_000 })
  const [row] =
    await betSql`select count(*)::int as count from bets where id in ${betSql(load.unkeyed)}`
  expect(row).toEqual({ count: load.unkeyed.length })
  const dead = await cluster.compose('run', '--rm', '-T', 'dead-letters')
  expect(dead).toContain('There are no dead letters.')
})

if (!SHORT)
  test('make down keeps the data: all three nodes start together, nothing is lost', async () => {
    await timed('make down cluster=1', () => cluster.make('down'))
    await timed('make up cluster=1 again', () => cluster.make('up'))
    await cluster.quorum('rabbitmq')
    await eventually(() => expectInvariants(cluster, load.accepted), { withinMs: 30_000 })
  })
