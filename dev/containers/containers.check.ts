import { afterAll, beforeAll, expect, test } from 'bun:test'
import { get, send } from '../e2e/system.ts'
import { eventually } from '../testing/eventually.ts'
import { createCompose } from './compose.ts'
import { timed } from './timed.ts'

// Not named *.test.ts: it needs a Docker engine, so it is run by `make test-containers` alone.

const SERVICES = ['postgres', 'rabbitmq', 'line-provider', 'bet-maker', 'worker', 'pgadmin']
/** A container that was restarted is back, and everything that waited for it too. */
const RECOVERY_MS = 60_000
const MINUTES = 60_000

const docker = await createCompose()
const { lineUrl, betsUrl, asOperator, asClient } = docker
/** What every bet must be from now on, whatever happens to the containers. */
const expected = new Map<number, { state: string; payout: string }>()

beforeAll(() => timed('make up', () => docker.make('up')), 9 * MINUTES)
afterAll(() => docker.make('clean'), 2 * MINUTES)

/** Create, bet, finish, see it settled, correct, see it settled again. */
async function story(name: string): Promise<void> {
  await eventually(
    async () => {
      const event = { event_id: name, coefficient: '1.50', deadline: 4_102_444_800 }
      expect((await send('PUT', `${lineUrl}/event`, event, asOperator)).status).toBeOneOf([200, 201])
    },
    { withinMs: RECOVERY_MS },
  )
  const bet = await eventually(
    async () => {
      const key = { 'idempotency-key': name, ...asClient }
      const answer = await send('POST', `${betsUrl}/bet`, { event_id: name, bet_sum: '12.50' }, key)
      expect(answer.status).toBeOneOf([200, 201])
      return answer.body
    },
    { withinMs: RECOVERY_MS },
  )
  const id = Number(bet.id)
  await change({ event_id: name, state: 'FINISHED_WIN' })
  await becomes(id, { state: 'WIN', payout: '18.75' })
  await change({ event_id: name, state: 'FINISHED_LOSE', reason: 'a correction' })
  await becomes(id, { state: 'LOSE', payout: '0.00' })
}

async function change(event: object): Promise<void> {
  const put = async () => expect((await send('PUT', `${lineUrl}/event`, event, asOperator)).status).toBe(200)
  await eventually(put, { withinMs: RECOVERY_MS })
}

async function becomes(id: number, settled: { state: string; payout: string }): Promise<void> {
  await eventually(async () => expect(await get(`${betsUrl}/bets/${id}`, asClient)).toMatchObject(settled), {
    withinMs: RECOVERY_MS,
  })
  expected.set(id, settled)
}

async function nothingIsLost(): Promise<void> {
  for (const [id, settled] of expected)
    await eventually(
      async () => expect(await get(`${betsUrl}/bets/${id}`, asClient)).toMatchObject(settled),
      {
        withinMs: RECOVERY_MS,
      },
    )
}

test('the whole story through the published ports', () => story('first'), 2 * MINUTES)

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
  'make migrate may be repeated while everything runs',
  async () => {
    expect(await docker.make('migrate')).toContain('bet_db is up to date')
    await story('after-migrate')
  },
  2 * MINUTES,
)

test.each(SERVICES)(
  '%s restarted: nothing is lost and all goes on',
  async (service) => {
    await timed(`restart of ${service}`, () => docker.compose('restart', service))
    await story(`after-${service}`)
    await nothingIsLost()
  },
  4 * MINUTES,
)

test(
  'a process runs as nobody special, on a file system it cannot write, and stops within 10 s',
  async () => {
    for (const service of ['line-provider', 'bet-maker', 'worker']) {
      const inside = await docker.compose(
        'exec',
        '-T',
        service,
        'sh',
        '-c',
        'id -u; touch /app/x /x 2>&1 || true',
      )
      expect(inside).toMatch(/^1000\n.*(Read-only file system|Permission denied)/)
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
    await timed('make up, again', () => docker.make('up'))
    await nothingIsLost()
    await story('after-down')
  },
  6 * MINUTES,
)

test(
  'the image has no development dependencies',
  async () => {
    const names = await docker.run('docker', 'run', '--rm', 'bets', 'ls', '/app', '/app/node_modules/.bun')
    expect(names).not.toMatch(/typescript@|biome|pglite|fast-check|drizzle-kit|\bdev\b|test/)
    const bytes = Number(await docker.run('docker', 'image', 'inspect', '-f', '{{.Size}}', 'bets'))
    console.log(`image: ${Math.round(bytes / 1e6)} MB`)
  },
  MINUTES,
)
