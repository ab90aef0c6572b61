import { connectDatabase } from '@bets/platform/postgres/database'
import { eventually } from '../testing/eventually.ts'

type Sql = ReturnType<typeof connectDatabase>

export interface HeldLock {
  release(): Promise<void>
}

/**
 * Runs a statement that locks something, in a session and a transaction of the test's own. Whoever
 * needs what it locks stops at exactly that statement, until it is released or the statement's time
 * limit.
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

/**
 * Waits until a service's statement that contains the text waits for a lock; answers its session's
 * pid.
 */
export function statementAtLock(sql: Sql, text: string, withinMs = 5_000): Promise<number> {
  return eventually(
    async () => {
      const [row] = await sql<{ pid: number }[]>`
        select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and strpos(query, ${text}) > 0
          and pid <> pg_backend_pid()`
      if (row === undefined) throw new Error(`no statement with "${text}" waits for a lock`)
      return row.pid
    },
    { withinMs },
  )
}

/**
 * Ends a session, and with it its statement. A server does not notice that a client was killed
 * while its statement waits: released, the statement would go on and commit.
 */
export async function endSession(sql: Sql, pid: number): Promise<void> {
  await sql`select pg_terminate_backend(${pid})`
  await eventually(async () => {
    const left = await sql`select from pg_stat_activity where pid = ${pid}`
    if (left.length > 0) throw new Error(`session ${pid} is still there`)
  })
}
