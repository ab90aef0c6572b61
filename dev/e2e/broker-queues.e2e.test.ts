import { expect, test } from 'bun:test'
import { DEAD_EXCHANGE, DEAD_QUEUE, EVENT_CHANGED_KEY, EVENT_QUEUE } from '@bets/domain/messages'
import { eventually } from '../testing/eventually.ts'
import { lineEvent } from '../testing/line-event.ts'
import { testServiceUrl } from '../testing/test-services.ts'
import { checkQueue, deadLetters, messageOf, onBroker, publish } from '../traffic/broker.ts'
import { expectInvariants } from '../traffic/invariants.ts'
import { allPublished, runDeadLetters, timeToCopy } from './observe.ts'
import { systemDuringTests } from './system.ts'

const BROKER_URL = testServiceUrl('TEST_BROKER_URL')
const FEED_SYNC_MS = 2_000
/** The wait for the next feed sync, the sync itself, and settling. */
const ONE_FEED_SYNC_MS = FEED_SYNC_MS + 1_500
/** The most messages that the worker holds at once; later ones wait in the queue. */
const PREFETCH = 200

const system = systemDuringTests({ FEED_SYNC_INTERVAL_MS: String(FEED_SYNC_MS) })

async function eventWithBet(event_id: string): Promise<number> {
  await system.open(event_id)
  return system.bet(event_id)
}

const timeToWin = (bet: number) => system.becomes(bet, { state: 'WIN' }, ONE_FEED_SYNC_MS)

/** Stops the worker with a full prefetch, so that later messages stay in the queue. */
async function withStoppedWorker(then: () => Promise<void>): Promise<void> {
  process.kill(system.worker.pid, 'SIGSTOP')
  try {
    const filling = Array.from({ length: PREFETCH + 1 }, () => `filling-${fillings++}`)
    await Promise.all(filling.map((event_id) => system.open(event_id)))
    await allPublished(system)
    await then()
  } finally {
    process.kill(system.worker.pid, 'SIGCONT')
  }
}
let fillings = 0
/** The worker gives a confirm ten seconds before it connects again and sends once more. */
const CONFIRMED_WITHIN_MS = 15_000
const waitingIn = (queue: string, count: number) =>
  eventually(
    async () => {
      const { messageCount } = await checkQueue(BROKER_URL, queue)
      expect(messageCount, system.worker.logs.slice(-10).join('\n')).toBe(count)
    },
    { withinMs: CONFIRMED_WITHIN_MS },
  )

test('F13 results purged from the queue are settled by the next feed sync', async () => {
  const bet = await eventWithBet('purged')
  await withStoppedWorker(async () => {
    await system.change({ event_id: 'purged', state: 'FINISHED_WIN' })
    await allPublished(system)
    const { messageCount } = await onBroker(BROKER_URL, (channel) =>
      channel.purgeQueue(EVENT_QUEUE),
    )
    expect(messageCount).toBeGreaterThan(1)
  })
  console.log(`a purged result: settled after ${await timeToWin(bet)} ms`)
  await system.atRest()
})

test('F13 a dead-lettered result is settled by a feed sync; its replay has no effect', async () => {
  const bet = await eventWithBet('dead')
  await withStoppedWorker(async () => {
    await system.change({ event_id: 'dead', state: 'FINISHED_WIN' })
    await onBroker(BROKER_URL, async (channel) => {
      await eventually(async () => {
        const message = await channel.get(EVENT_QUEUE)
        if (message === false) throw new Error('The result has not arrived yet.')
        const isResult = message.properties.messageId === 'dead:2'
        if (isResult) channel.reject(message, false)
        expect(isResult).toBe(true)
      })
    })
    await waitingIn(DEAD_QUEUE, 1)
  })
  console.log(`a dead-lettered result: settled after ${await timeToWin(bet)} ms`)
  await system.atRest()

  const list = await runDeadLetters(BROKER_URL, [])
  expect(list).toContain('dead:2')
  expect(list).toContain('by RabbitMQ: rejected in bet-maker.line')
  expect(await runDeadLetters(BROKER_URL, ['replay', 'dead:2'])).toBe('Replayed 1 of 1.\n')
  expect(await timeToCopy(system, 'after-replay', FEED_SYNC_MS)).toBeLessThan(FEED_SYNC_MS)
  await expectInvariants(system, system.accepted)
  expect(await deadLetters(BROKER_URL)).toBe(0)
})

test('F12 unreadable messages are dead-lettered, logged and counted; replay works', async () => {
  const ghost = lineEvent('ghost', { coefficient: '2.00' })
  const bad = [
    ['malformed', '{"message_type":"event","da', 'not JSON in UTF-8'],
    [
      'unknown',
      JSON.stringify({ message_type: 'weather', data: ghost }),
      'not an event message: /message_type',
    ],
    ['violation', messageOf({ ...ghost, version: 0 }), '/data/version'],
  ] as const
  const before = logged().length
  const began = performance.now()
  await onBroker(BROKER_URL, async (channel) => {
    for (const [messageId, body] of bad) publish(channel, messageId, body)
  })
  const byMessageMs = await timeToCopy(system, 'after-bad', FEED_SYNC_MS)
  await waitingIn(DEAD_QUEUE, bad.length)
  console.log(
    `three bad messages: dead-lettered within ${Math.round(performance.now() - began)} ms, ` +
      `a good one after them applied in ${byMessageMs} ms`,
  )
  expect(logged().slice(before)).toEqual(
    bad.map(([messageId, , reason], index) =>
      expect.objectContaining({
        level: 'error',
        messageId,
        reason: expect.stringContaining(reason),
        deadLettered: index + 1,
      }),
    ),
  )
  const list = await runDeadLetters(BROKER_URL, [])
  for (const [messageId, , reason] of bad)
    expect(list).toMatch(new RegExp(`${messageId} .*${reason}`))

  // A good message, as if dead-lettered by mistake: its replay is applied, the others return.
  await onBroker(BROKER_URL, async (channel) => {
    const good = Buffer.from(messageOf(ghost))
    channel.publish(DEAD_EXCHANGE, EVENT_CHANGED_KEY, good, {
      messageId: 'ghost:1',
      persistent: true,
    })
  })
  await waitingIn(DEAD_QUEUE, bad.length + 1)
  expect(await runDeadLetters(BROKER_URL, ['replay', '--all'])).toBe('Replayed 4 of 4.\n')
  const isKnown = async () =>
    expect(
      await system.betSql`delete from line_events where event_id = 'ghost' returning 1`,
    ).toHaveLength(1)
  await eventually(isKnown)
  await waitingIn(DEAD_QUEUE, bad.length)
  expect(logged()).toHaveLength(before + 2 * bad.length)
  for (const [id] of bad) await runDeadLetters(BROKER_URL, ['drop', id])
  expect(await deadLetters(BROKER_URL)).toBe(0)
  await system.atRest()
})

/** The worker's log entries about dead letters. */
const logged = () =>
  system.worker.logs
    .map((line) => JSON.parse(line) as { message: string })
    .filter(({ message }) => message === 'message dead-lettered')
