import { connectDatabase } from '@bets/platform/postgres/database'

type Sql = ReturnType<typeof connectDatabase>

/** What PostgreSQL counts: unlike times, the same on every machine. */
interface Work {
  /** Rows that indexes led to, and rows of scanned tables. */
  rows: number
  /** Pages of tables and indexes, each as often as it was read. */
  pages: number
}

/**
 * What `run` makes the database read. It gets a pool like the services', of one connection, on
 * which everything is one transaction: its counts are of nobody else.
 */
export async function workOf(url: string, run: (sql: Sql) => Promise<unknown>): Promise<Work> {
  const sql = connectDatabase(url, { max: 1, applicationName: 'test-work' })
  try {
    await sql`begin`
    await run(sql)
    const [work] = await sql<[Work]>`
      select sum(pg_stat_get_xact_tuples_returned(oid))::bigint as rows,
             sum(pg_stat_get_xact_blocks_fetched(oid))::bigint as pages
      from pg_class where relnamespace = 'public'::regnamespace`
    await sql`commit`
    return work
  } finally {
    await sql.end({ timeout: 1 })
  }
}
