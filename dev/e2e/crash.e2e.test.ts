import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { spawnService } from '../testing/process.ts'
import { expectInvariants } from './invariants.ts'
import { killNow, type System, send, startSystem } from './system.ts'

const LOAD_MS = 12_000
const KILL_EVERY_MS = 1_000
const BETTORS = 16
const EVENTS = 12
const STATES = ['FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED', 'NEW'] as const

let system: System

beforeAll(async () => {
  // Short, so that the test needn't wait long for the passes to heal what was lost.
  system = await startSystem({ PASS_INTERVAL_MS: '500', LOG_LEVEL: 'warn' })
})
afterAll(() => system.stop())

const pick = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T
const eventId = () => `crash-${Math.floor(Math.random() * EVENTS)}`

/** A key is repeated until the answer is known: that is what it is for. */
async function bettor(name: string, until: () => boolean, accepted: Map<string, number>): Promise<void> {
  for (let number = 0; !until(); number++) {
    const key = `${name}-${number}`
    const bet = { event_id: eventId(), bet_sum: (1 + (number % 500) / 100).toFixed(2) }
    for (let attempt = 0; attempt < 100; attempt++) {
      const answer = await send('POST', `${system.betsUrl}/bet`, bet, { 'idempotency-key': key }).catch(
        () => null,
      )
      if (answer === null || answer.status === 503) {
        await Bun.sleep(50)
        continue
      }
      expect(answer.status).toBeOneOf([200, 201, 409])
      if (answer.status !== 409) accepted.set(key, Number(answer.body.id))
      break
    }
  }
}

/** Prices walk, events end, and ends are corrected. */
async function changeLine(until: () => boolean): Promise<void> {
  while (!until()) {
    const change =
      Math.random() < 0.3
        ? { state: pick(STATES), reason: 'so it goes' }
        : { coefficient: (1 + Math.random() * 9).toFixed(2) }
    const answer = await send('PUT', `${system.lineUrl}/event`, { event_id: eventId(), ...change }).catch(
      () => null,
    )
    if (answer !== null) expect(answer.status).toBeOneOf([200, 409, 503])
    await Bun.sleep(20)
  }
}

/** Ends one process after another as a crash would, and starts it again on its port. */
async function crashes(until: () => boolean): Promise<number> {
  let count = 0
  while (!until()) {
    await Bun.sleep(KILL_EVERY_MS)
    const role = pick(['line', 'bets', 'worker'] as const)
    const { port } = new URL(system[role].url)
    await killNow(system[role])
    const [entry, setting] = {
      line: ['line-provider/src/main.ts', 'LINE_PROVIDER_PORT'] as const,
      bets: ['bet-maker/src/main.ts', 'BET_MAKER_PORT'] as const,
      worker: ['bet-maker/src/worker.ts', 'WORKER_PORT'] as const,
    }[role]
    system[role] = await spawnService(entry, { ...system.env, [setting]: port })
    count++
  }
  return count
}

test('F01 F07 F15 every process killed again and again under load: nothing lost, nothing doubled', async () => {
  for (let event = 0; event < EVENTS; event++)
    await send('PUT', `${system.lineUrl}/event`, {
      event_id: `crash-${event}`,
      coefficient: '1.50',
      deadline: 4_102_444_800,
    })
  const accepted = new Map<string, number>()
  const endMs = performance.now() + LOAD_MS
  const over = () => performance.now() > endMs
  const [count] = await Promise.all([
    crashes(over),
    changeLine(over),
    ...Array.from({ length: BETTORS }, (_, number) => bettor(`b${number}`, over, accepted)),
  ])
  expect(count).toBeGreaterThan(4)
  expect(accepted.size).toBeGreaterThan(100)
  await eventually(() => expectInvariants(system, accepted), { withinMs: 15_000 })
  console.log(`${count} crashes, ${accepted.size} bets accepted`)
}, 60_000)
