import { test } from 'bun:test'
import fc from 'fast-check'
import { startFleet } from '../model/real/fleet.ts'
import { type RealPlan, realPlan } from '../model/real/plan.ts'
import { type Figures, play } from '../model/real/play.ts'
import { slowDown } from '../model/real/slow-disk.ts'
import { MARGIN_MS, PLANS_MS } from './minutes.ts'

/**
 * After that, everything restarts with empty databases, because the checks at the end of a plan
 * read all data.
 */
const PLANS_PER_START = 20
const MAX_SEED = 2 ** 31

/**
 * Plays the first plan of a seed, which does not depend on the number of plans, so it can be
 * replayed.
 */
async function playSeed(seed: number, check: (plan: RealPlan) => Promise<void>): Promise<void> {
  try {
    await fc.assert(fc.asyncProperty(realPlan, check), { seed, numRuns: 1, endOnFailure: true })
  } catch (error) {
    console.error(`Replay: FC_SEED=${seed} FC_RUNS=1 bun run test ./dev/e2e/model.e2e.test.ts`)
    throw error
  }
}

test(
  'random plans, one after the other: bets and payouts end as the model says',
  async () => {
    const beganMs = performance.now()
    const over = () => performance.now() - beganMs > PLANS_MS
    let plans = 0
    while (!over()) {
      const fleet = await startFleet()
      await slowDown(fleet.lineSql, fleet.betSql)
      try {
        for (let n = 0; n < PLANS_PER_START && !over(); n++) {
          const seed = Math.floor(Math.random() * MAX_SEED)
          let figures: Figures | undefined
          await playSeed(seed, async (plan) => {
            figures = await play(fleet, plan)
          })
          const seconds = Math.round((performance.now() - beganMs) / 1_000)
          console.log(`${seconds} s: plan ${++plans}, seed ${seed}: ${JSON.stringify(figures)}`)
        }
      } finally {
        await fleet.stop()
      }
    }
  },
  PLANS_MS + MARGIN_MS,
)
