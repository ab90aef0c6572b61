import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { createPrivateFolder } from '../services/private-folder.ts'
import { eventually } from '../testing/eventually.ts'
import { get, send } from '../traffic/client.ts'
import { createCompose } from './compose.ts'
import { timed } from './timed.ts'

// Not named *.test.ts: it needs a Docker engine, so only `make test-containers` runs it.

const SERVICES = ['postgres', 'rabbitmq', 'line-provider', 'bet-maker', 'worker', 'pgadmin']
/** The limit for a restarted container, and everything that depends on it, to be back. */
const RECOVERY_MS = 60_000
/** Long enough for `make up` to build the image. */
setDefaultTimeout(9 * 60_000)

const docker = await createCompose()
const { lineUrl, betsUrl, asOperator, asClient } = docker
/** The state and payout that bets must keep, whatever happens to the containers. */
const expected = new Map<number, { state: string; payout: string }>()

beforeAll(() => timed('make up', () => docker.make('up')))
afterAll(() => docker.remove())

/** Creates an event, bets, finishes it, corrects the result; expects both settlements. */
async function story(name: string): Promise<void> {
  const id = Number((await bet(name, name)).id)
  await change({ event_id: name, state: 'FINISHED_WIN' })
  await becomes(id, { state: 'WIN', payout: '18.75' })
  await change({ event_id: name, state: 'FINISHED_LOSE', reason: 'a correction' })
  await becomes(id, { state: 'LOSE', payout: '0.00' })
}

/** Creates an event and places a bet on it. */
async function bet(event_id: string, key: string): Promise<Record<string, unknown>> {
  await change({ event_id, coefficient: '1.50', deadline: 4_102_444_800 })
  const place = async () => {
    const headers = { 'idempotency-key': key, ...asClient }
    const answer = await send('POST', `${betsUrl}/bet`, { event_id, bet_sum: '12.50' }, headers)
    expect(answer.status).toBeOneOf([200, 201])
    return answer.body
  }
  return eventually(place, { withinMs: RECOVERY_MS })
}

async function change(event: object): Promise<void> {
  const put = async () =>
    expect((await send('PUT', `${lineUrl}/event`, event, asOperator)).status).toBeOneOf([200, 201])
  await eventually(put, { withinMs: RECOVERY_MS })
}

async function becomes(id: number, settled: { state: string; payout: string }): Promise<void> {
  const shown = async () =>
    expect(await get(`${betsUrl}/bets/${id}`, asClient)).toMatchObject(settled)
  await eventually(shown, { withinMs: RECOVERY_MS })
  expected.set(id, settled)
}

async function expectNothingLost(): Promise<void> {
  for (const [id, settled] of expected) await becomes(id, settled)
}

test('the whole flow through the published ports', () => story('first'))

test('every port answers', async () => {
  expect(await (await fetch(`${lineUrl}/docs`)).text()).toContain('LineProviderApi')
  expect(await (await fetch(`${betsUrl}/docs`)).text()).toContain('BetMakerApi')
  const pgadmin = async () => expect((await fetch(docker.pgadminUrl)).ok).toBe(true)
  await eventually(pgadmin, { withinMs: RECOVERY_MS })
  const authorization = `Basic ${btoa('admin:admin')}`
  const queue = await fetch(`${docker.rabbitmqUiUrl}/api/queues/%2F/bet-maker.line`, {
    headers: { authorization },
  })
  expect(await queue.json()).toMatchObject({ type: 'quorum', durable: true })
})

test('neither the feed nor metrics are published, and the rest on this machine only', async () => {
  expect(await docker.published()).toEqual([
    '127.0.0.1 bet-maker:8080',
    '127.0.0.1 line-provider:8100',
    '127.0.0.1 pgadmin:80',
    '127.0.0.1 postgres:5432',
    '127.0.0.1 rabbitmq:15672',
    '127.0.0.1 rabbitmq:5672',
  ])
})

test('make migrate can be repeated while everything runs', async () => {
  expect(await docker.make('migrate')).toContain('bet_db is up to date')
  await story('after-migrate')
})

test.each(SERVICES)('%s restarted: nothing is lost and everything continues', async (service) => {
  await timed(`restart of ${service}`, () => docker.compose('restart', service))
  await story(`after-${service}`)
  await expectNothingLost()
})

test('a process is unprivileged, on a read-only file system, and stops within 10 s', async () => {
  const inside =
    'id -u; grep -E "CapEff|NoNewPrivs" /proc/self/status; touch /app/x /x 2>&1 || true'
  for (const service of ['line-provider', 'bet-maker', 'worker']) {
    expect(await docker.compose('exec', '-T', service, 'sh', '-c', inside)).toMatch(
      /^1000\nCapEff:\s+0+\nNoNewPrivs:\s+1\n.*(Read-only file system|Permission denied)/,
    )
    const id = await docker.container(service)
    const began = performance.now()
    await docker.run('docker', 'stop', '--time', '10', id)
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(await docker.run('docker', 'inspect', '-f', '{{.State.ExitCode}}', id)).toBe('0')
  }
})

test('Ctrl-C ends make logs without an error', async () => {
  const shown = await docker.run('timeout', '--signal=INT', '3', 'make', 'logs').catch(String)
  expect(shown).toContain('bet-maker-1')
  expect(shown).not.toContain('make: ***')
})

test('make up names a port that is taken', async () => {
  const other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
  const taken = docker.make('up', `PGADMIN_PORT=${other.port}`)
  await expect(taken).rejects.toThrow(`Port ${other.port} is taken.`)
  await other.stop()
})

test('make down keeps the data: after another make up nothing is lost', async () => {
  await timed('make down', () => docker.make('down'))
  // A pgAdmin that never becomes ready does not hold it up.
  const pgadmin = `${createPrivateFolder('compose')}/pgadmin.yml`
  await Bun.write(pgadmin, 'services: { pgadmin: { entrypoint: [sleep, "600"] } }')
  const files = `docker-compose.yml:docker-compose.override.yml:${pgadmin}`
  const shown = await timed('make up again', () => docker.make('up', `COMPOSE_FILE=${files}`))
  expect(shown).toContain('pgAdmin is still starting')
  for (const url of [lineUrl, betsUrl, docker.rabbitmqUiUrl, docker.pgadminUrl])
    expect(shown).toContain(url)
  await expectNothingLost()
  await story('after-down')
})

test('each process has its own database role and broker user with minimal rights', async () => {
  const psql = (user: string, password: string, database: string, statement: string) =>
    docker
      .compose(
        ...['exec', '-T', '-e', `PGPASSWORD=${password}`, 'postgres', 'psql', '-h', 'postgres'],
        ...['-U', user, '-d', database, '-tAc', statement],
      )
      .catch(String)
  expect(await psql('bet_maker', 'bet', 'bet_db', 'select count(*) >= 0 from bets')).toBe('t')
  for (const [user, password, statement] of [
    ['bet_maker', 'bet', "update bets set state = 'WIN'"],
    ['bet_worker', 'bet-worker', 'select client from bets'],
    ['bet_worker', 'bet-worker', 'delete from bets'],
  ] as const)
    expect(await psql(user, password, 'bet_db', statement)).toContain(
      'permission denied for table bets',
    )
  expect(await psql('bet_maker', 'bet', 'line_db', 'select 1')).toContain(
    'permission denied for database',
  )
  expect(await psql('line_provider', 'guessed', 'line_db', 'select 1')).toContain(
    'authentication failed',
  )

  const list = ['rabbitmqctl', '-q', 'list_permissions']
  const users = await docker.compose('exec', '-T', 'rabbitmq', ...list)
  expect(users).toMatch(/^line_provider\s+\^\$\s+\^\(line\)\$\s+\^\$$/m)
  expect(users).not.toMatch(/^guest/m)
  const listed = await docker.compose('run', '--rm', '-T', 'dead-letters')
  expect(listed).toContain('There are no dead letters.')
})

test('F24 make backup and make restore while everything runs: the backup is restored', async () => {
  await story('before-backup')
  const opening = { account_id: 'anna', kind: 'deposit', amount: '20.00' }
  const headers = { 'idempotency-key': 'opening', ...asClient }
  expect((await send('POST', `${betsUrl}/transfers`, opening, headers)).status).toBe(201)
  const { output, folder } = await docker.backup()
  console.log(output)
  await change({ event_id: 'before-backup', state: 'CANCELLED', reason: 'after the backup' })
  const after = Number((await bet('lost', 'after-backup')).id)
  const restored = await docker.run('make', 'restore', `from=${folder}`, 'yes=1')
  console.log(restored)
  expect(restored).toContain('The ledger adds up')
  expect(await get(`${betsUrl}/accounts/anna`, asClient)).toMatchObject({ balance: '20.00' })

  // The line and the bets are as they were at the backup, and nothing later exists.
  await expectNothingLost()
  expect((await fetch(`${betsUrl}/bets/${after}`, { headers: asClient })).status).toBe(404)
  expect((await fetch(`${lineUrl}/event/lost`)).status).toBe(404)
  await story('after-restore')
})

test('the image has no development dependencies', async () => {
  const list = ['ls', '/app', '/app/node_modules/.bun']
  const names = await docker.run('docker', 'run', '--rm', docker.image, ...list)
  expect(names).not.toMatch(/typescript@|biome|pglite|fast-check|drizzle-kit|\bdev\b|test/)
  const bytes = await docker.run('docker', 'image', 'inspect', '-f', '{{.Size}}', docker.image)
  console.log(`image: ${Math.round(Number(bytes) / 1e6)} MB`)
})
