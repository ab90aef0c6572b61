import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { EVENT_QUEUE } from '@bets/domain/messages'
import { whenPortAccepts } from '../services/answers.ts'
import { type PrivateRabbitMq, startPrivateRabbitMq } from '../services/private-rabbitmq.ts'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { expectInvariants } from './invariants.ts'
import { startLoad } from './load.ts'
import { bothSides, brokerState, deadLetters, onBroker, timeToCopy } from './observe.ts'
import { type System, send, startSystem } from './system.ts'

/** How long both sides may take to find a broker that has come back. */
const RECONNECT_MS = 10_000
/** Less than the feed sync need, so that it was a message that brought the news. */
const BY_MESSAGE_MS = 2_000

let rabbitmq: PrivateRabbitMq
let system: System

// A broker of our own: this one is killed and starved.
beforeAll(async () => {
  rabbitmq = await startPrivateRabbitMq()
  system = await startSystem({ BROKER_URL: rabbitmq.url, LOG_LEVEL: 'warn' })
  await bothSides(system, 'up', RECONNECT_MS)
}, 60_000)
afterAll(async () => {
  await system.stop()
  await rabbitmq.remove()
})

test('F03 the broker is killed and comes back under load: both sides are connected again within 10 s', async () => {
  const load = await startLoad(system, 'restart')
  await Bun.sleep(1_000)
  process.kill(rabbitmq.pid as number, 'SIGKILL')
  await bothSides(system, 'down', 2_000)
  await rabbitmq.stop()
  // Its port takes connections before start() finds that it answers.
  const accepted = whenPortAccepts(Number(new URL(rabbitmq.url).port))
  const both = accepted.then(() => bothSides(system, 'up', RECONNECT_MS))
  await Promise.all([both, rabbitmq.start()])
  const { lineMs, workerMs } = await both
  await Bun.sleep(500)
  await load.stop()
  await eventually(() => expectInvariants(system, load.accepted), { withinMs: 10_000 })
  const byMessageMs = await timeToCopy(system, 'after-restart', BY_MESSAGE_MS)
  expect(await deadLetters(rabbitmq.url)).toBe(0)
  console.log(
    `broker back: line-provider after ${lineMs} ms, worker after ${workerMs} ms, a change in ${byMessageMs} ms; ` +
      `${load.accepted.size} bets, ${load.changes()} changes`,
  )
}, 60_000)

/** The memory that a process really uses, in megabytes. */
const memoryOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

test('F06 a memory alarm blocks publishers: HTTP goes on, memory stays, results come by the feed sync; all is sent later', async () => {
  const { lineUrl, betsUrl, line, betSql } = system
  const event = { event_id: 'alarm', coefficient: '2.00', deadline: FAR_DEADLINE }
  await send('PUT', `${lineUrl}/event`, event)
  const placed = await send('POST', `${betsUrl}/bet`, { event_id: 'alarm', bet_sum: '5.00' })
  expect(placed.status).toBe(201)

  await rabbitmq.control('set_vm_memory_high_watermark', '0.0000001')
  const beforeMb = memoryOf(line.pid)
  const load = await startLoad(system, 'alarm')
  // Changes beyond what sockets hold. Each answer waits for the database, never for the broker.
  let slowestMs = 0
  for (let batch = 0; batch < 60; batch++) {
    const began = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        send('PUT', `${lineUrl}/event`, { ...event, event_id: `alarm-many-${batch}-${number}` }),
      ),
    )
    slowestMs = Math.max(slowestMs, performance.now() - began)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  }
  await eventually(async () => expect(await brokerState(line)).toBe('down'), { withinMs: 5_000 })
  await send('PUT', `${lineUrl}/event`, { event_id: 'alarm', state: 'FINISHED_WIN' })
  const began = performance.now()
  await eventually(
    async () =>
      expect([
        ...(await betSql`select from bets where id = ${placed.body.id as number} and state = 'WIN'`),
      ]).toHaveLength(1),
    { withinMs: 7_000 },
  )
  const byPassMs = performance.now() - began
  const grownMb = memoryOf(line.pid) - beforeMb
  expect(grownMb).toBeLessThan(100)
  expect(slowestMs).toBeLessThan(2_000)

  await rabbitmq.control('set_vm_memory_high_watermark', '0.4')
  const { lineMs } = await bothSides(system, 'up', RECONNECT_MS)
  await load.stop()
  await eventually(() => expectInvariants(system, load.accepted), { withinMs: 10_000 })
  const byMessageMs = await timeToCopy(system, 'after-alarm', BY_MESSAGE_MS)
  expect(await deadLetters(rabbitmq.url)).toBe(0)
  console.log(
    `memory alarm: ${Math.round(grownMb)} MB more, 50 changes at once in at most ${Math.round(slowestMs)} ms, a result by the feed sync in ` +
      `${Math.round(byPassMs)} ms; publishing ${lineMs} ms after its end, then a change in ${byMessageMs} ms`,
  )
}, 60_000)

test('F05 the broker closes the channel of a worker that acknowledges too late (406): it consumes again, nothing is lost', async () => {
  const { worker, betSql } = system
  // Read by each channel when it is opened, so the worker gets a new one.
  await rabbitmq.control(
    'eval',
    'application:set_env(rabbit, consumer_timeout, 1000), application:set_env(rabbit, channel_tick_interval, 200).',
  )
  await onBroker(rabbitmq.url, (channel) => channel.deleteQueue(EVENT_QUEUE))
  await eventually(() => expect(worker.logs.at(-1)).toContain('broker connection ended'))
  await bothSides(system, 'up', RECONNECT_MS)
  const load = await startLoad(system, 'late')
  // The copy knows its events by then, so that no bet needs the table that is locked now.
  await timeToCopy(system, 'before-late', BY_MESSAGE_MS)
  const blocked = betSql.unsafe(
    'do $$ begin lock table line_events in share row exclusive mode; perform pg_sleep(1.9); end $$',
  )
  // A query of this driver begins when it is first awaited, or by this.
  void blocked.execute()
  await eventually(
    () => expect(worker.logs.some((line) => line.includes('PRECONDITION_FAILED'))).toBe(true),
    {
      withinMs: 10_000,
    },
  )
  const began = performance.now()
  await blocked
  await bothSides(system, 'up', RECONNECT_MS)
  const upMs = Math.round(performance.now() - began)
  await load.stop()
  await eventually(() => expectInvariants(system, load.accepted), { withinMs: 10_000 })
  const byMessageMs = await timeToCopy(system, 'after-late', BY_MESSAGE_MS)
  expect(await deadLetters(rabbitmq.url)).toBe(0)
  console.log(
    `a channel closed with 406: connected again after ${upMs} ms, then a change in ${byMessageMs} ms`,
  )
}, 60_000)
