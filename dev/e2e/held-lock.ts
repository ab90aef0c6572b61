import { connectDatabase } from '@bets/platform/postgres/database'
import { eventually } from '../testing/eventually.ts'

type Sql = ReturnType<typeof connectDatabase>

export interface HeldLock {
  release(): Promise<void>
}

/**
 * Runs a locking statement in a separate session and transaction. A service stops at the statement
 * that needs the lock, until the lock is released or the statement times out.
 */
export async function holdLock(url: string, statement: string): Promise<HeldLock> {
  const session = connectDatabase(url, { max: 1, applicationName: 'test-lock' })
  await session`begin`
  await session.unsafe(statement)
  return {
    async release() {
      await session`rollback`.catch(() => {})
      await session.end({ timeout: 1 })
    },
  }
}

/** Waits until a service's statement with this text waits for a lock; returns its server pid. */
export function statementAtLock(sql: Sql, text: string, withinMs = 5_000): Promise<number> {
  return eventually(
    async () => {
      const [row] = await sql<{ pid: number }[]>`
        select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
          and strpos(query, ${text}) > 0 and pid <> pg_backend_pid()`
      if (row === undefined) throw new Error(`no statement with "${text}" waits for a lock`)
      return row.pid
    },
    { withinMs },
  )
}

/**
 * Ends a session and its statement. While a statement waits, the server does not notice that its
 * client was killed: once the lock is released, it would continue and commit.
 */
export async function endSession(sql: Sql, pid: number): Promise<void> {
  await sql`select pg_terminate_backend(${pid})`
  await eventually(async () => {
    const left = await sql`select from pg_stat_activity where pid = ${pid}`
    if (left.length > 0) throw new Error(`session ${pid} is still there`)
  })
}
