import { expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { killNow, systemDuringTests } from './system.ts'

const system = systemDuringTests()

test('event, bet, result, correction: three processes, PostgreSQL and RabbitMQ', async () => {
  await system.open('story')

  const request = { event_id: 'story', bet_sum: '12.50', coefficient: '1.50' }
  const placed = await system.place(request, 'story')
  expect(placed).toMatchObject({
    status: 201,
    body: { state: 'PENDING', potential_payout: '18.75' },
  })
  const repeated = await system.place(request, 'story')
  expect(repeated).toEqual({ status: 200, body: placed.body })

  await system.put({ event_id: 'story', state: 'FINISHED_WIN' })
  await system.becomes(placed.body.id, { state: 'WIN', payout: '18.75' })

  const correction = { event_id: 'story', state: 'CANCELLED', reason: 'rain' }
  await system.change(correction)
  await system.becomes(placed.body.id, {
    state: 'VOID',
    payout: '12.50',
    history: [
      { state: 'PENDING', payout: null, event_version: 1, reason: null },
      { state: 'WIN', payout: '18.75', event_version: 2, reason: null },
      { state: 'VOID', payout: '12.50', event_version: 3, reason: 'rain' },
    ],
  })
})

test('a new event takes bets immediately and is listed by bet-maker', async () => {
  await system.open('fresh')
  await system.bet({ event_id: 'fresh', bet_sum: 1 })
  await eventually(
    async () =>
      expect(await system.get('/events')).toContainEqual(
        expect.objectContaining({ event_id: 'fresh' }),
      ),
    { withinMs: 3_000 },
  )
})

test('a result that arrives while no worker runs is settled by the next one', async () => {
  await system.open('alone')
  const bet = await system.bet('alone')
  await killNow(system.worker)
  await system.put({ event_id: 'alone', state: 'FINISHED_LOSE' })
  system.worker = await system.spawn('worker')
  await system.becomes(bet, { state: 'LOSE', payout: '0.00' })
})
