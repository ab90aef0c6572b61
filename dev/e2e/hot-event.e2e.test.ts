import { beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { summarise } from '../traffic/answered.ts'
import { startBettors } from '../traffic/bettors.ts'
import { expectInvariants } from '../traffic/invariants.ts'
import { systemDuringTests } from './system.ts'

/** Each runs two statements at a time: eight connections place bets. */
const APIS = 4
const BETTORS = 96
const STATES = ['FINISHED_WIN', 'CANCELLED', 'FINISHED_LOSE', 'FINISHED_WIN'] as const
const APPLIED_WITHIN_MS = 1_000

const system = systemDuringTests({ LOG_LEVEL: 'warn' })
let urls: string[]

beforeAll(async () => {
  const more = await Promise.all(Array.from({ length: APIS - 1 }, () => system.spawn('bets')))
  await system.spawn('worker')
  await Promise.all(more.map((api) => api.waitReady()))
  urls = [system.betsUrl, ...more.map(({ url }) => url)]
})

/** Slows placements down: some then see the event open and commit after its result. */
async function slowPlacements(): Promise<void> {
  await system.betSql.unsafe(`
    create function slow_down() returns trigger language plpgsql
      as $$ begin perform pg_sleep(0.005); return new; end $$;
    create trigger slow_down before insert on bets for each row execute function slow_down()`)
}

test('F14 result under 8 placing connections, two workers: in 1 s, all settled', async () => {
  for (const [round, state] of STATES.entries()) {
    if (round === 2) await slowPlacements()
    const event_id = `hot-${round}`
    await system.open(event_id)
    const load = startBettors({
      urls,
      bettors: BETTORS,
      bet: () => ({ event_id, bet_sum: '1.00' }),
    })
    await Bun.sleep(700)
    const placed = load.accepted.size

    const sentMs = performance.now()
    expect((await system.put({ event_id, state })).status).toBe(200)
    const since = async (holds: string) =>
      eventually(async () => {
        const rows = await system.betSql.unsafe(
          `select from line_events
           where event_id = '${event_id}' and state = '${state}' and ${holds}`,
        )
        expect(rows).toHaveLength(1)
        return performance.now() - sentMs
      })
    const appliedMs = await since('true')
    const settledMs = await since('settled_version = state_version')
    // A bet placed after the event was marked as settled would stay pending.
    const unsettled = await system.betSql`
      select from bets where event_id = ${event_id} and state = 'PENDING' limit 1`
    expect(unsettled).toHaveLength(0)
    await load.stop()
    for (const [key, id] of load.accepted) system.accepted.set(key, id)
    const { counts } = summarise(load.answers)
    console.log(
      `${placed} bets in 0.7 s before the result; applied after ${appliedMs.toFixed(0)} ms, ` +
        `settled after ${settledMs.toFixed(0)} ms; ${JSON.stringify(counts)}`,
    )
    expect(placed).toBeGreaterThan(BETTORS)
    expect(appliedMs).toBeLessThan(APPLIED_WITHIN_MS)
    expect(Object.keys(counts).toSorted()).toEqual(['201', '409 EVENT_NOT_OPEN'])
    await expectInvariants(system, system.accepted)
  }
}, 30_000)
