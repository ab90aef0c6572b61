import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { spawnService } from '../testing/process.ts'
import { get, killNow, type System, send, startSystem } from './system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const deadline = 4_102_444_800

async function betIsSettled(location: string, expected: object): Promise<void> {
  await eventually(
    async () => expect(await get(`${system.betsUrl}${location}`)).toMatchObject(expected),
    {
      withinMs: 5_000,
    },
  )
}

test('a line, a bet, a result, a correction: three processes, PostgreSQL and RabbitMQ', async () => {
  const { lineUrl, betsUrl } = system
  const created = await send('PUT', `${lineUrl}/event`, {
    event_id: 'story',
    coefficient: '1.50',
    deadline,
  })
  expect(created.status).toBe(201)

  const request = { event_id: 'story', bet_sum: '12.50', coefficient: '1.50' }
  const placed = await send('POST', `${betsUrl}/bet`, request, { 'idempotency-key': 'story' })
  expect(placed).toMatchObject({
    status: 201,
    body: { state: 'PENDING', potential_payout: '18.75' },
  })
  const repeated = await send('POST', `${betsUrl}/bet`, request, { 'idempotency-key': 'story' })
  expect(repeated).toEqual({ status: 200, body: placed.body })

  await send('PUT', `${lineUrl}/event`, { event_id: 'story', state: 'FINISHED_WIN' })
  const location = `/bets/${placed.body.id}`
  await betIsSettled(location, { state: 'WIN', payout: '18.75' })

  const correction = { event_id: 'story', state: 'CANCELLED', reason: 'rain' }
  expect((await send('PUT', `${lineUrl}/event`, correction)).status).toBe(200)
  await betIsSettled(location, {
    state: 'VOID',
    payout: '12.50',
    history: [
      { state: 'PENDING', payout: null, event_version: 1, reason: null },
      { state: 'WIN', payout: '18.75', event_version: 2, reason: null },
      { state: 'VOID', payout: '12.50', event_version: 3, reason: 'rain' },
    ],
  })
})

test('a new event can be bet on at once and is listed by bet-maker', async () => {
  const { lineUrl, betsUrl } = system
  await send('PUT', `${lineUrl}/event`, { event_id: 'fresh', coefficient: '2.00', deadline })
  expect((await send('POST', `${betsUrl}/bet`, { event_id: 'fresh', bet_sum: 1 })).status).toBe(201)
  await eventually(
    async () =>
      expect(await get(`${betsUrl}/events`)).toContainEqual(
        expect.objectContaining({ event_id: 'fresh' }),
      ),
    { withinMs: 3_000 },
  )
})

test('a result that comes while no worker runs is settled by the next one', async () => {
  const { lineUrl, betsUrl, env } = system
  await send('PUT', `${lineUrl}/event`, { event_id: 'alone', coefficient: '3.00', deadline })
  const placed = await send('POST', `${betsUrl}/bet`, { event_id: 'alone', bet_sum: '10.00' })
  await killNow(system.worker)
  await send('PUT', `${lineUrl}/event`, { event_id: 'alone', state: 'FINISHED_LOSE' })
  system.worker = await spawnService('bet-maker/src/worker.ts', env)
  await betIsSettled(`/bets/${placed.body.id}`, { state: 'LOSE', payout: '0.00' })
})
