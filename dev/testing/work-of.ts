import { connectDatabase } from '@bets/platform/postgres/database'

type Sql = ReturnType<typeof connectDatabase>

/** What PostgreSQL counts: unlike times, the same on every machine. */
interface Work {
  /** Rows that indexes led to, and rows of scanned tables. */
  rows: number
  /** Pages of tables and indexes, each as often as it was read. */
  pages: number
  /** Rows that the parts of the plans have looked at, also the rows of a statement's own `with`. */
  steps: number
}

/** A pool like the services', of one connection, and what `run` makes the database do on it. */
export interface WorkMeter {
  sql: Sql
  /** Runs everything in one transaction, so its counts are of nobody else, and takes it back. */
  workOf(run: (sql: Sql) => Promise<unknown>): Promise<Work>
  end(): Promise<void>
}

/** The steps of plans are counted by PostgreSQL's module auto_explain, for a superuser. */
export async function meterWork(url: string): Promise<WorkMeter> {
  let steps = 0
  const onNotice = (text: string) => {
    steps += stepsOf(text)
  }
  const sql = connectDatabase(url, { max: 1, applicationName: 'test-work', onNotice })
  for (const [name, value] of Object.entries(EXPLAIN))
    await sql`select set_config(${name}, ${value}, false)`
  await sql`load 'auto_explain'`
  return {
    sql,
    async workOf(run) {
      await sql`begin`
      steps = 0
      await run(sql)
      // In a transaction, the plan of a statement comes when the next one begins.
      const [work] = await sql<[Omit<Work, 'steps'>]>`
        select sum(pg_stat_get_xact_tuples_returned(oid))::bigint as rows,
               sum(pg_stat_get_xact_blocks_fetched(oid))::bigint as pages
        from pg_class where relnamespace = 'public'::regnamespace`
      const counted = { ...work, steps }
      await sql`rollback`
      return counted
    },
    end: () => sql.end({ timeout: 1 }),
  }
}

/** What `run` makes the database do, on a connection of its own. */
export async function workOf(url: string, run: (sql: Sql) => Promise<unknown>): Promise<Work> {
  const meter = await meterWork(url)
  try {
    return await meter.workOf(run)
  } finally {
    await meter.end()
  }
}

/** Each plan as a notice, also the plans of statements inside functions. */
const EXPLAIN = {
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
}

/** A part of a plan. PostgreSQL gives rows per loop. */
interface PlanNode {
  'Actual Rows': number
  'Actual Loops': number
  Plans?: PlanNode[]
  [property: string]: unknown
}

function stepsOf(notice: string): number {
  const json = notice.slice(notice.indexOf('{'))
  return stepsIn((JSON.parse(json) as { Plan: PlanNode }).Plan)
}

function stepsIn(node: PlanNode): number {
  const removed = Object.entries(node)
    .filter(([name]) => name.startsWith('Rows Removed by'))
    .reduce((sum, [, rows]) => sum + Number(rows), 0)
  const own = (node['Actual Rows'] + removed) * node['Actual Loops']
  return (node.Plans ?? []).reduce((sum, part) => sum + stepsIn(part), own)
}
