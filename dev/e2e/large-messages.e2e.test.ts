import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { eventually } from '../testing/eventually.ts'
import { lineEvent } from '../testing/line-event.ts'
import { deadLetters, publishEvents } from '../traffic/broker.ts'
import { holdLock } from './held-lock.ts'
import { runDeadLetters, timeToCopy } from './observe.ts'
import { systemDuringTests } from './system.ts'

const MESSAGES = 40
const MESSAGE_BYTES = 5 * 1024 * 1024
/** Messages of the test in one batch, which it holds in memory. */
const AT_ONCE = 10
/** Well below the 512 MB of the worker's container. */
const PEAK_MB = 400
/** What the dead-letters command reads at once: it stops with the letter that exceeds 64 MB. */
const READ_AT_ONCE = 13
/** A statement times out after 2 s. Its events are then applied one by one. */
const SPLIT_WITHIN_MS = 10_000

// Only messages bring changes, except for the first feed sync.
const system = systemDuringTests({ FEED_SYNC_INTERVAL_MS: '3600000', FEED_MAX_AGE_MS: '3600000' })

/** The highest resident memory of the worker so far. */
const peakMb = () => {
  const status = readFileSync(`/proc/${system.worker.pid}/status`, 'utf8')
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024)
}

test('F51 40 messages of 5 MB are dead-lettered in little memory; the queue goes on', async () => {
  const before = peakMb()
  const reason = 'x'.repeat(MESSAGE_BYTES)
  for (let first = 0; first < MESSAGES; first += AT_ONCE) {
    const ids = Array.from({ length: AT_ONCE }, (_, number) => `large-${first + number}`)
    await publishEvents(
      system.brokerUrl,
      ids.map((id) => lineEvent(id, { reason })),
    )
  }
  const byMessageMs = await timeToCopy(system, 'after-large', 20_000)
  console.log(
    `${MESSAGES} messages of 5 MB: worker ${before} MB, at most ${peakMb()} MB; ` +
      `the next message applied after ${byMessageMs} ms`,
  )
  expect(peakMb()).toBeLessThan(PEAK_MB)
  await eventually(async () => expect(await deadLetters(system.brokerUrl)).toBe(MESSAGES), {
    withinMs: 20_000,
  })
  const dead = system.worker.logs.filter((line) => line.includes('larger than 65536 bytes'))
  expect(dead).toHaveLength(MESSAGES)

  const list = await runDeadLetters(system.brokerUrl, [])
  expect(list.match(/^\d+ .* larger than 65536 bytes$/gm)).toHaveLength(READ_AT_ONCE)
  expect(list).toContain(`There are ${MESSAGES - READ_AT_ONCE} more than fit at once`)
  await expect(runDeadLetters(system.brokerUrl, ['replay', '1'])).rejects.toThrow(
    'stays: it is larger than the workers take',
  )
  const dropped = await runDeadLetters(system.brokerUrl, ['drop', '1'])
  expect(dropped.length).toBeLessThan(100_000)
  expect(dropped).toContain('bytes that are not shown')
  expect(await deadLetters(system.brokerUrl)).toBe(MESSAGES - 1)
}, 90_000)

test('F52 an event whose row is locked holds up no other, and is applied afterwards', async () => {
  const ids = Array.from({ length: 50 }, (_, number) => `event-${number}`)
  await Promise.all(ids.map((id) => system.open(id)))
  const copied = (coefficient: number) => system.betSql`
    select event_id from line_events
    where event_id like 'event-%' and coefficient_hundredths = ${coefficient}`
  await eventually(async () => expect(await copied(150)).toHaveLength(50))
  const lock = await holdLock(
    system.env.BET_DATABASE_URL as string,
    "select from line_events where event_id = 'event-7' for update",
  )
  const beganMs = performance.now()
  await Promise.all(ids.map((id) => system.open(id, { coefficient: '1.60' })))
  await eventually(async () => expect(await copied(160)).toHaveLength(49), {
    withinMs: SPLIT_WITHIN_MS,
  })
  console.log(`49 of 50 applied after ${Math.round(performance.now() - beganMs)} ms`)
  await lock.release()
  await eventually(async () => expect(await copied(160)).toHaveLength(50), {
    withinMs: SPLIT_WITHIN_MS,
  })
  expect(await deadLetters(system.brokerUrl)).toBe(MESSAGES - 1)
}, 60_000)
