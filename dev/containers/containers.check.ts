import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { get, send } from '../traffic/client.ts'
import { createCompose } from './compose.ts'
import { timed } from './timed.ts'

// Not named *.test.ts: it needs a Docker engine, so only `make test-containers` runs it.

const SERVICES = ['postgres', 'rabbitmq', 'line-provider', 'bet-maker', 'worker', 'pgadmin']
/** The limit for a restarted container, and everything that depends on it, to be back. */
const RECOVERY_MS = 60_000
const MINUTES = 60_000

const docker = await createCompose()
const { lineUrl, betsUrl, asOperator, asClient } = docker
/** The state and payout that bets must keep, whatever happens to the containers. */
const expected = new Map<number, { state: string; payout: string }>()

beforeAll(() => timed('make up', () => docker.make('up')), 9 * MINUTES)
afterAll(() => docker.remove(), 2 * MINUTES)

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
  await eventually(
    async () => {
      const event = { event_id, coefficient: '1.50', deadline: 4_102_444_800 }
      expect((await send('PUT', `${lineUrl}/event`, event, asOperator)).status).toBeOneOf([
        200, 201,
      ])
    },
    { withinMs: RECOVERY_MS },
  )
  return eventually(
    async () => {
      const headers = { 'idempotency-key': key, ...asClient }
      const answer = await send('POST', `${betsUrl}/bet`, { event_id, bet_sum: '12.50' }, headers)
      expect(answer.status).toBeOneOf([200, 201])
      return answer.body
    },
    { withinMs: RECOVERY_MS },
  )
}

async function change(event: object): Promise<void> {
  const put = async () =>
    expect((await send('PUT', `${lineUrl}/event`, event, asOperator)).status).toBe(200)
  await eventually(put, { withinMs: RECOVERY_MS })
}

async function becomes(id: number, settled: { state: string; payout: string }): Promise<void> {
  await eventually(
    async () => expect(await get(`${betsUrl}/bets/${id}`, asClient)).toMatchObject(settled),
    {
      withinMs: RECOVERY_MS,
    },
  )
  expected.set(id, settled)
}

async function expectNothingLost(): Promise<void> {
  for (const [id, settled] of expected)
    await eventually(
      async () => expect(await get(`${betsUrl}/bets/${id}`, asClient)).toMatchObject(settled),
      {
        withinMs: RECOVERY_MS,
      },
    )
}

test('the whole flow through the published ports', () => story('first'), 2 * MINUTES)

test('every port answers', async () => {
  expect(await (await fetch(`${lineUrl}/docs`)).text()).toContain('LineProviderApi')
  expect(await (await fetch(`${betsUrl}/docs`)).text()).toContain('BetMakerApi')
  expect((await fetch(docker.pgadminUrl)).ok).toBe(true)
  const authorization = `Basic ${btoa('admin:admin')}`
  const queue = await fetch(`${docker.rabbitmqUiUrl}/api/queues/%2F/bet-maker.line`, {
    headers: { authorization },
  })
  expect(await queue.json()).toMatchObject({ type: 'quorum', durable: true })
})

test(
  'make migrate can be repeated while everything runs',
  async () => {
    expect(await docker.make('migrate')).toContain('bet_db is up to date')
    await story('after-migrate')
  },
  2 * MINUTES,
)

test.each(SERVICES)(
  '%s restarted: nothing is lost and everything continues',
  async (service) => {
    await timed(`restart of ${service}`, () => docker.compose('restart', service))
    await story(`after-${service}`)
    await expectNothingLost()
  },
  4 * MINUTES,
)

test(
  'a process is unprivileged, on a read-only file system, and stops within 10 s',
  async () => {
    for (const service of ['line-provider', 'bet-maker', 'worker']) {
      const inside = await docker.compose(
        'exec',
        '-T',
        service,
        'sh',
        '-c',
        'id -u; grep -E "CapEff|NoNewPrivs" /proc/self/status; touch /app/x /x 2>&1 || true',
      )
      expect(inside).toMatch(
        /^1000\nCapEff:\s+0+\nNoNewPrivs:\s+1\n.*(Read-only file system|Permission denied)/,
      )
      const id = await docker.container(service)
      const began = performance.now()
      await docker.run('docker', 'stop', '--time', '10', id)
      expect(performance.now() - began).toBeLessThan(10_000)
      expect(await docker.run('docker', 'inspect', '-f', '{{.State.ExitCode}}', id)).toBe('0')
    }
  },
  2 * MINUTES,
)

test(
  'make down keeps the data: after another make up nothing is lost',
  async () => {
    await timed('make down', () => docker.make('down'))
    await timed('make up again', () => docker.make('up'))
    await expectNothingLost()
    await story('after-down')
  },
  6 * MINUTES,
)

test(
  'each process has its own database role and broker user with minimal rights',
  async () => {
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

    const users = await docker.compose(
      'exec',
      '-T',
      'rabbitmq',
      'rabbitmqctl',
      '-q',
      'list_permissions',
    )
    expect(users).toMatch(/^line_provider\s+\^\(line\)\$\s+\^\(line\)\$\s+\^\$$/m)
    expect(users).not.toMatch(/^guest/m)
    const listed = await docker.compose('run', '--rm', '-T', 'dead-letters')
    expect(listed).toContain('There are no dead letters.')
  },
  MINUTES,
)

test(
  'F24 make backup and make restore while everything runs: the backup is restored',
  async () => {
    await story('before-backup')
    const { output, folder } = await docker.backup()
    console.log(output)
    await change({ event_id: 'before-backup', state: 'CANCELLED', reason: 'after the backup' })
    const after = Number((await bet('lost', 'after-backup')).id)
    console.log(await docker.run('make', 'restore', `from=${folder}`, 'yes=1'))

    // The line and the bets are as they were at the backup, and nothing later exists.
    await expectNothingLost()
    expect((await fetch(`${betsUrl}/bets/${after}`, { headers: asClient })).status).toBe(404)
    expect((await fetch(`${lineUrl}/event/lost`)).status).toBe(404)
    await story('after-restore')
  },
  5 * MINUTES,
)

test(
  'the image has no development dependencies',
  async () => {
    const names = await docker.run(
      'docker',
      'run',
      '--rm',
      docker.image,
      'ls',
      '/app',
      '/app/node_modules/.bun',
    )
    expect(names).not.toMatch(/typescript@|biome|pglite|fast-check|drizzle-kit|\bdev\b|test/)
    const bytes = Number(
      await docker.run('docker', 'image', 'inspect', '-f', '{{.Size}}', docker.image),
    )
    console.log(`image: ${Math.round(bytes / 1e6)} MB`)
  },
  MINUTES,
)
