import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import type { ServiceProcess } from '../testing/process.ts'
import { type LineListener, listenToLine } from '../traffic/broker.ts'
import { send } from '../traffic/client.ts'
import { killNow, systemDuringTests } from './system.ts'

const FAULTS = ['SIGSTOP', 'SIGKILL', 'SIGSTOP', 'SIGKILL', 'SIGSTOP'] as const
const CHANGE_EVERY_MS = 10
/** Long enough for a standby to try to acquire the lease, as it does every second. */
const STEADY_MS = 1_200

const system = systemDuringTests()
let holder: ServiceProcess
let standby: ServiceProcess
let listener: LineListener

beforeAll(async () => {
  holder = system.line
  await eventually(() => expect(logged(holder)).toEqual([HOLDS]))
  standby = await system.spawn('line')
  await standby.waitReady()
  listener = await listenToLine(system.brokerUrl)
})
afterAll(() => listener.close())

const HOLDS = 'relay lease acquired'
const ON_STANDBY = 'relay on standby'
const logged = (process: ServiceProcess): string[] =>
  process.logs
    .map((line) => JSON.parse(line).message)
    .filter((message) => message === HOLDS || message === ON_STANDBY)

async function lease() {
  const [row] = await system.lineSql<[{ holder: string | null; published_seq: number }]>`
    select holder, published_seq from relay_lease`
  return row
}

/**
 * Creates events through the current standby; returns how many. Each change needs its own event,
 * because the relay publishes only the last of several changes of one event.
 */
async function makeEvents(until: () => boolean): Promise<number> {
  let made = 0
  while (!until()) {
    const event = { event_id: `held-${made}`, coefficient: '2.00', deadline: FAR_DEADLINE }
    expect((await send('PUT', `${standby.url}/event`, event)).status).toBe(201)
    made++
    await Bun.sleep(CHANGE_EVERY_MS)
  }
  return made
}

test('F01 holders stopped and killed: one publisher; published_seq never decreases', async () => {
  let over = false
  const making = makeEvents(() => over)
  making.catch(() => {})
  const leases: Awaited<ReturnType<typeof lease>>[] = []
  const sampling = (async () => {
    while (!over) {
      leases.push(await lease())
      await Bun.sleep(5)
    }
  })()
  sampling.catch(() => {})

  for (const fault of FAULTS) {
    const { holder: old } = await lease()
    holder.kill(fault)
    // Ends the lease, as if its ten seconds had passed.
    await system.lineSql`update relay_lease set lease_until = clock_timestamp()`
    await eventually(async () => expect((await lease()).holder).not.toBe(old))
    const loggedBefore = logged(standby).length
    await eventually(() => expect(logged(standby).at(-1)).toBe(HOLDS))
    if (fault === 'SIGSTOP') {
      holder.kill('SIGCONT')
      // It logs first that it holds the lease and then that it is on standby.
      await eventually(() => expect(logged(holder).slice(-2)).toEqual([HOLDS, ON_STANDBY]))
    } else {
      await killNow(holder)
      holder = await system.spawn('line')
      await holder.waitReady()
    }
    ;[holder, standby] = [standby, holder]
    expect(logged(holder).length).toBeGreaterThanOrEqual(loggedBefore)

    // From here on one publishes and the other fails to acquire the lease: each change is published
    // once.
    const [fromReceived, fromLease] = [listener.received.length, leases.length]
    const loggedByNow = [logged(holder), logged(standby)]
    await Bun.sleep(STEADY_MS)
    const received = listener.received
      .slice(fromReceived)
      .map(({ event }) => Number(event.event_id.slice(5)))
    expect(received.length).toBeGreaterThan(STEADY_MS / CHANGE_EVERY_MS / 4)
    expect(received).toEqual(received.map((_, index) => (received[0] as number) + index))
    expect(new Set(leases.slice(fromLease).map((now) => now.holder)).size).toBe(1)
    expect([logged(holder), logged(standby)]).toEqual(loggedByNow)
  }

  over = true
  const [made] = await Promise.all([making, sampling])
  system.line = holder
  await listener.next(({ id }) => id === `held-${made - 1}:1`)
  // A resumed relay assumes for one window that it still holds the lease, so changes published in
  // the meantime may be published twice.
  const times = new Map(Array.from({ length: made }, (_, index) => [`held-${index}:1`, 0]))
  for (const { id } of listener.received) times.set(id, (times.get(id) ?? 0) + 1)
  expect([...times].filter(([, count]) => count !== 1 && count !== 2)).toEqual([])
  expect(times.size).toBe(made)
  const sequence = leases.map(({ published_seq }) => published_seq)
  expect(sequence).toEqual(sequence.toSorted((a, b) => a - b))
  // The lease changed hands once for each fault.
  const handovers = leases.filter(
    (now, index) => index > 0 && now.holder !== leases[index - 1]?.holder,
  )
  expect(handovers).toHaveLength(FAULTS.length)
  await system.atRest()
  console.log(
    `${FAULTS.length} holders lost, ${made} events, ` +
      `${listener.received.length - made} published twice`,
  )
}, 60_000)
