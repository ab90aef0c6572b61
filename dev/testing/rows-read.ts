import { connectDatabase } from '@bets/platform/postgres/database'

type Sql = ReturnType<typeof connectDatabase>

/**
 * How many entries of indexes and rows of scanned tables `work` reads, as PostgreSQL counts them:
 * unlike times, the same on every machine. `work` gets a pool like the services', of one
 * connection.
 */
export async function rowsRead(url: string, work: (sql: Sql) => Promise<unknown>): Promise<number> {
  const sql = connectDatabase(url, { max: 1, applicationName: 'test-rows-read' })
  const count = async () => {
    // Otherwise a connection publishes its counts about once a second.
    await sql`select pg_stat_force_next_flush()`
    const [row] = await sql<[{ rows: number }]>`
      select ((select sum(idx_tup_read) from pg_stat_user_indexes)
              + (select sum(seq_tup_read) from pg_stat_user_tables))::bigint as rows`
    return row.rows
  }
  try {
    const before = await count()
    await work(sql)
    return (await count()) - before
  } finally {
    await sql.end({ timeout: 1 })
  }
}
