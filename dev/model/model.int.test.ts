import { afterAll, beforeAll, test } from 'bun:test'
import fc from 'fast-check'
import type { Action } from './actions.ts'
import { createDatabases, type Databases } from './databases.ts'
import { checkEnd, heal } from './end-checks.ts'
import { Performer } from './perform.ts'
import { plan } from './plan.ts'
import { Run } from './run.ts'

/**
 * A failure prints its seed, its path and its plan. The same again: FC_SEED=… FC_PATH=… bun run test ./dev/model/model.int.test.ts;
 * with FC_SHRINK=1 it also looks for a shorter plan that fails. FC_RUNS=… for another number of runs.
 */
const RUNS = Number(process.env.FC_RUNS ?? 500)
const REPLAY = {
  ...(process.env.FC_SEED && { seed: Number(process.env.FC_SEED) }),
  ...(process.env.FC_PATH && { path: process.env.FC_PATH }),
  endOnFailure: process.env.FC_SHRINK === undefined,
}
/** Several times what the runs take, and as much as finding a shorter plan is worth. */
const GIVE_UP_AFTER_MS = Math.max(170_000, RUNS * 340)
const TEST_TIMEOUT_MS = GIVE_UP_AFTER_MS + 10_000

let databases: Databases

beforeAll(async () => {
  databases = await createDatabases()
})
afterAll(() => databases.drop())

async function checkRun(actions: readonly Action[]): Promise<void> {
  const run = new Run(databases)
  const performer = new Performer(run)
  try {
    await performer.perform(actions)
    await run.join()
    await heal(run)
    await checkEnd(run, performer.stakes)
  } finally {
    await run.abandon()
  }
}

test(
  'whatever happens, bets and payouts end as the model says',
  () =>
    fc.assert(fc.asyncProperty(plan, checkRun), {
      numRuns: RUNS,
      interruptAfterTimeLimit: GIVE_UP_AFTER_MS,
      markInterruptAsFailure: true,
      ...REPLAY,
    }),
  TEST_TIMEOUT_MS,
)
