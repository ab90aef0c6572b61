import { afterAll, beforeAll, test } from 'bun:test'
import fc from 'fast-check'
import type { Action } from './actions.ts'
import { createDatabases, type Databases } from './databases.ts'
import { checkEnd } from './end-checks.ts'
import { heal } from './heal.ts'
import { Performer } from './perform.ts'
import { plan } from './plan.ts'
import { chosenRuns } from './replay.ts'
import { Run } from './run.ts'

/** Replay a failure with FC_SEED=… FC_PATH=… bun run test ./dev/model/model.int.test.ts */
const RUNS = chosenRuns(500)
/** Several times as long as the runs take, and long enough to find a shorter plan. */
const GIVE_UP_AFTER_MS = Math.max(400_000, RUNS.numRuns * 340)
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
    await checkEnd(await heal(run), performer.stakes)
  } finally {
    await run.abandon()
  }
}

test(
  'whatever happens, bets and payouts end as the model says',
  () =>
    fc.assert(fc.asyncProperty(plan, checkRun), {
      ...RUNS,
      interruptAfterTimeLimit: GIVE_UP_AFTER_MS,
      markInterruptAsFailure: true,
    }),
  TEST_TIMEOUT_MS,
)
