import { afterAll, beforeAll, test } from 'bun:test'
import fc from 'fast-check'
import { type Fleet, startFleet } from '../model/real/fleet.ts'
import { type RealPlan, realPlan } from '../model/real/plan.ts'
import { play } from '../model/real/play.ts'
import { slowDown } from '../model/real/slow-disk.ts'
import { chosenRuns } from '../model/replay.ts'

/**
 * Compares the model of dev/model with real processes, two of each role. Bettors and operators work
 * while processes are killed, stopped and cut off. A failure prints its seed and path; repeat its
 * plan with FC_SEED=… FC_PATH=… bun run test ./dev/e2e/model.e2e.test.ts. Timing is not repeated,
 * so a rare failure may take several runs to reappear.
 */
const RUNS = chosenRuns(4)
const RUN_TIMEOUT_MS = 60_000

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet()
  await slowDown(fleet.lineSql, fleet.betSql)
})
afterAll(() => fleet.stop())

test(
  'F01 F07 F15 every process killed repeatedly: bets and payouts match the model',
  async () => {
    const sums = { plans: 0, sent: 0, accepted: 0, versions: 0, kills: 0 }
    const check = async (plan: RealPlan) => {
      const figures = await play(fleet, plan)
      sums.plans++
      for (const name of ['sent', 'accepted', 'versions', 'kills'] as const)
        sums[name] += figures[name]
    }
    await fc.assert(fc.asyncProperty(realPlan, check), RUNS)
    const { plans, sent, accepted, versions, kills } = sums
    console.log(
      `${plans} plans, ${kills} kills, ${versions} versions, ${accepted} of ${sent} bets accepted`,
    )
  },
  RUNS.numRuns * RUN_TIMEOUT_MS,
)
