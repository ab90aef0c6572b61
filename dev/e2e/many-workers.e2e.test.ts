import { beforeEach, expect, test } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { eventually } from '../testing/eventually.ts'
import type { ServiceProcess } from '../testing/process.ts'
import { countWorkers, deleteEventQueue, listenToLine, publishEvents } from '../traffic/broker.ts'
import { queued, shuffled } from './observe.ts'
import { killNow, systemDuringTests } from './system.ts'

/** Fewer than the concurrent requests that the API makes to line-provider. */
const EVENTS = 15
const BETS_EACH = 4
const VERSIONS = 10
const REPEATS = 10
const STATES = ['FINISHED_WIN', 'NEW', 'CANCELLED', 'FINISHED_LOSE'] as const

const system = systemDuringTests({ FEED_MAX_AGE_MS: '3600000', LOG_LEVEL: 'warn' })
const workers: ServiceProcess[] = []

// No worker consumes while the changes are made: the test publishes them, not the relay.
beforeEach(async () => {
  await Promise.all([system.worker, ...workers.splice(0)].map(killNow))
  await deleteEventQueue(system.brokerUrl)
})

/** Creates events with bets and ten versions each; returns them. The copy has the first ones. */
async function history(name: string): Promise<LineEvent[]> {
  const versions: LineEvent[] = []
  // Routes the relay's messages to a queue; it would otherwise publish them again to the workers.
  const listener = await listenToLine(system.brokerUrl)
  await Promise.all(
    Array.from({ length: EVENTS }, async (_, number) => {
      const event_id = `${name}-${number}`
      versions.push(await system.open(event_id))
      // The copy does not have the event yet: the API asks line-provider.
      for (let bet = 0; bet < BETS_EACH; bet++) await system.bet(event_id)
      // Every change has an effect: neither order begins with NEW.
      for (let change = 0; change < VERSIONS - 1; change++)
        versions.push(
          await system.change({
            event_id,
            state: STATES[(change + 2 * (number % 2)) % STATES.length],
            reason: 'changed again',
          }),
        )
    }),
  )
  await eventually(() =>
    expect(listener.received.filter(({ event }) => event.version === VERSIONS)).toHaveLength(
      EVENTS,
    ),
  )
  await eventually(async () =>
    expect(
      await system.lineSql`select from relay_lease, feed where published_seq = last_seq`,
    ).toHaveLength(1),
  )
  await listener.close()
  return versions
}

/** Starts workers that receive changes by messages only. */
async function startWorkers(count: number): Promise<void> {
  const env = { LINE_PROVIDER_URL: 'http://127.0.0.1:1' }
  workers.push(
    ...(await Promise.all(Array.from({ length: count }, () => system.spawn('worker', env)))),
  )
  await eventually(async () => expect(await countWorkers(system.brokerUrl)).toBe(count))
}

async function expectHandled(): Promise<void> {
  await system.atRest(15_000)
  await queued(system, 0)
}

/** All rows that an effect would change. */
const contents = async () =>
  JSON.stringify([
    await system.betSql`select * from line_events order by event_id`,
    await system.betSql`select * from state_changes order by event_id, version`,
    await system.betSql`select * from bets order by id`,
  ])

for (const count of [2, 4])
  test(`F09 ${count} workers: repeats and old versions in any order have no effect`, async () => {
    const versions = await history(`shuffled-${count}`)
    await startWorkers(count)
    const messages = shuffled(Array.from({ length: REPEATS }, () => versions).flat())
    const beganMs = performance.now()
    await publishEvents(system.brokerUrl, messages)
    await expectHandled()
    console.log(
      `${messages.length} messages by ${count} workers ` +
        `in ${(performance.now() - beganMs).toFixed(0)} ms`,
    )

    const before = await contents()
    await publishEvents(system.brokerUrl, shuffled(versions))
    await expectHandled()
    await Bun.sleep(200)
    expect(await contents()).toBe(before)
  }, 30_000)

test('F09 versions 4, 3, 2 in this order, or ten in one batch: the highest counts', async () => {
  const versions = await history('batch')
  await startWorkers(1)
  // The fourth is CANCELLED, the third NEW, the second FINISHED_WIN.
  const early = versions.filter(({ event_id, version }) => event_id === 'batch-0' && version <= 4)
  await publishEvents(system.brokerUrl, early.toReversed())
  await eventually(async () =>
    expect(await versionsOf('batch-0')).toEqual({ copy: 4, states: [4] }),
  )

  // They arrive while the worker is stopped, so it gets them in one batch.
  workers[0]?.kill('SIGSTOP')
  await publishEvents(system.brokerUrl, shuffled(versions))
  workers[0]?.kill('SIGCONT')
  await expectHandled()
  expect(await versionsOf('batch-0')).toMatchObject({ copy: VERSIONS })
  // Older versions in the same batch never became the event's state in the copy.
  const { states } = await versionsOf('batch-1')
  expect(states.length).toBeLessThan(VERSIONS - 1)
})

async function versionsOf(event_id: string): Promise<{ copy: number; states: number[] }> {
  const [event] = await system.betSql<[{ version: number }]>`
    select version from line_events where event_id = ${event_id}`
  const changes = await system.betSql<{ version: number }[]>`
    select version from state_changes where event_id = ${event_id} order by version`
  return { copy: event.version, states: changes.map(({ version }) => version) }
}
