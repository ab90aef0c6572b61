import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { whenPortAccepts } from '../services/answers.ts'
import { type PrivateRabbitMq, startPrivateRabbitMq } from '../services/private-rabbitmq.ts'
import { eventually } from '../testing/eventually.ts'
import { deadLetters, deleteEventQueue } from '../traffic/broker.ts'
import type { Traffic } from '../traffic/traffic.ts'
import { bothSides, brokerState, timeToCopy } from './observe.ts'
import { type System, startSystem } from './system.ts'

/** How long both sides may take to reconnect. */
const RECONNECT_MS = 10_000
/** Less than the interval between feed syncs, so that a message must have brought the change. */
const BY_MESSAGE_MS = 2_000

let rabbitmq: PrivateRabbitMq
let system: System

// A private broker, because it is killed and deprived of memory.
beforeAll(async () => {
  rabbitmq = await startPrivateRabbitMq()
  system = await startSystem({ BROKER_URL: rabbitmq.url, LOG_LEVEL: 'warn' })
  await bothSides(system, 'up', RECONNECT_MS)
}, 60_000)
afterAll(async () => {
  await system.stop()
  await rabbitmq.remove()
})

/** Nothing was lost; returns the milliseconds until a message brings a change of the event. */
async function recoveredUnder(load: Traffic, event_id: string): Promise<number> {
  await load.stop()
  await system.atRest(10_000)
  const byMessageMs = await timeToCopy(system, event_id, BY_MESSAGE_MS)
  expect(await deadLetters(rabbitmq.url)).toBe(0)
  return byMessageMs
}

test('F03 the broker restarts under load: both sides reconnect within 10 s', async () => {
  const load = await system.load('restart')
  await Bun.sleep(1_000)
  await rabbitmq.kill('SIGKILL')
  await bothSides(system, 'down', 2_000)
  await rabbitmq.stop()
  // Its port accepts connections before start() resolves.
  const accepted = whenPortAccepts(Number(new URL(rabbitmq.url).port))
  const both = accepted.then(() => bothSides(system, 'up', RECONNECT_MS))
  await Promise.all([both, rabbitmq.start()])
  const { lineMs, workerMs } = await both
  await Bun.sleep(500)
  const byMessageMs = await recoveredUnder(load, 'after-restart')
  console.log(
    `broker restarted: line-provider connected after ${lineMs} ms, worker after ${workerMs} ms, ` +
      `then a change in ${byMessageMs} ms; ` +
      `${load.accepted.size} bets, ${load.changes.length} changes`,
  )
}, 60_000)

/** The resident memory of a process, in megabytes. */
const memoryOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

test('F06 a memory alarm blocks publishers: HTTP unaffected, results by feed sync', async () => {
  const { line } = system
  await system.open('alarm')
  const bet = await system.bet('alarm')

  await rabbitmq.control('set_vm_memory_high_watermark', '0.0000001')
  const beforeMb = memoryOf(line.pid)
  const load = await system.load('alarm')
  // More changes than socket buffers hold. Answers wait for the database, never for the broker.
  let slowestMs = 0
  for (let batch = 0; batch < 60; batch++) {
    const began = performance.now()
    await Promise.all(
      Array.from({ length: 50 }, (_, number) => system.open(`alarm-many-${batch}-${number}`)),
    )
    slowestMs = Math.max(slowestMs, performance.now() - began)
  }
  await eventually(async () => expect(await brokerState(line)).toBe('down'), { withinMs: 5_000 })
  await system.put({ event_id: 'alarm', state: 'FINISHED_WIN' })
  const byFeedSyncMs = await system.becomes(bet, { state: 'WIN' }, 7_000)
  const grownMb = memoryOf(line.pid) - beforeMb
  expect(grownMb).toBeLessThan(100)
  expect(slowestMs).toBeLessThan(2_000)

  await rabbitmq.control('set_vm_memory_high_watermark', '0.4')
  const { lineMs } = await bothSides(system, 'up', RECONNECT_MS)
  const byMessageMs = await recoveredUnder(load, 'after-alarm')
  console.log(
    `memory alarm: ${Math.round(grownMb)} MB more, 50 concurrent changes in at most ` +
      `${Math.round(slowestMs)} ms, a result by feed sync in ${byFeedSyncMs} ms; ` +
      `publishing again after ${lineMs} ms, then a change in ${byMessageMs} ms`,
  )
}, 60_000)

test('F05 a late ack ends the consumer: consumed again, nothing lost', async () => {
  const { worker, betSql } = system
  // A channel reads the setting when it opens, so the worker must open a new one.
  await rabbitmq.control(
    'eval',
    'application:set_env(rabbit, consumer_timeout, 1000), ' +
      'application:set_env(rabbit, channel_tick_interval, 200).',
  )
  await deleteEventQueue(rabbitmq.url)
  await eventually(() => expect(worker.logs.at(-1)).toContain('broker connection ended'))
  await bothSides(system, 'up', RECONNECT_MS)
  const before = worker.logs.length
  const load = await system.load('late')
  // By now the copy has all events, so no bet needs the table that is locked next.
  await timeToCopy(system, 'before-late', BY_MESSAGE_MS)
  const blocked = betSql.unsafe(
    'do $$ begin lock table line_events in share row exclusive mode; perform pg_sleep(1.9); end $$',
  )
  // This driver starts a query only when it is awaited or executed.
  void blocked.execute()
  // RabbitMQ 4.3 cancels the consumer; earlier versions close its channel (406).
  const closed = () =>
    expect(worker.logs.slice(before).join('\n')).toMatch(
      /cancelled the consumer|PRECONDITION_FAILED/,
    )
  await eventually(closed, { withinMs: 10_000 })
  const began = performance.now()
  await blocked
  await bothSides(system, 'up', RECONNECT_MS)
  const upMs = Math.round(performance.now() - began)
  const byMessageMs = await recoveredUnder(load, 'after-late')
  console.log(
    `a late ack: connected again after ${upMs} ms, ` + `then a change in ${byMessageMs} ms`,
  )
}, 60_000)
