import { expect, test } from 'bun:test'
import { systemDuringTests } from './system.ts'

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
