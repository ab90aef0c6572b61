import { connectDatabase } from '@bets/platform/postgres/database'
import { createBetDatabase, createLineDatabase } from '../testing/test-database.ts'
import { buildBetTurnstiles, buildLineTurnstile, HELD_APPLICATION, Holder } from './turnstile.ts'

/** Enough for all statements of a run, running or held, at once. */
const POOL_MAX = 8

/** A pair of databases for many runs, each with its own events and keys. */
export async function createDatabases() {
  const [line, bet] = await Promise.all([createLineDatabase(), createBetDatabase()])
  await Promise.all([buildLineTurnstile(line.sql), buildBetTurnstiles(bet.sql)])
  const pool = (database: string, applicationName: string, max = POOL_MAX) => {
    const url = new URL(database)
    // Only processes die here, not servers, so commits need not wait for the disk.
    url.searchParams.set('synchronous_commit', 'off')
    return connectDatabase(url.href, { max, applicationName })
  }
  const pools = {
    lineSql: pool(line.url, HELD_APPLICATION),
    apiSql: pool(bet.url, HELD_APPLICATION),
    workerSql: pool(bet.url, 'model-worker'),
  }
  const holders = [pool(line.url, 'model-holder', 1), pool(bet.url, 'model-holder', 1)] as const
  return {
    ...pools,
    /** For the checks; never held. */
    lookAtLine: line.sql,
    lookAtBets: bet.sql,
    lineHolder: new Holder(holders[0]),
    betHolder: new Holder(holders[1]),
    async drop() {
      for (const sql of [...Object.values(pools), ...holders]) await sql.end({ timeout: 1 })
      await Promise.all([line.drop(), bet.drop()])
    },
  }
}
export type Databases = Awaited<ReturnType<typeof createDatabases>>
