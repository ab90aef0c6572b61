import { DatabaseUnavailableError } from '@bets/domain/errors'
import { DrizzleQueryError } from 'drizzle-orm'
import postgres, { type Sql } from 'postgres'
import { SettingError } from '../process/env.ts'
import { CONNECT_TIMEOUT_MS, openSocket } from './database-socket.ts'
import { statementBegan, statementEnded } from './statements.ts'

/** How long the server may work on one statement. */
const STATEMENT_TIMEOUT_MS = 2_000
/** How long we wait for an answer, waiting for a connection included. Longer than the server's limit, so that a
 * statement that is merely slow ends there and its connection stays usable. */
const ANSWER_TIMEOUT_MS = 2_200
const RECONNECT_SECONDS = 0.05

export interface DatabaseOptions {
  /** The most connections. */
  max: number
  /** Shown in `pg_stat_activity`. */
  applicationName: string
}

/**
 * A time of the database's, as the contracts show it: RFC 3339, UTC, milliseconds. Cut out of the
 * server's text (`2026-01-31 12:00:00.123456+00`, as many digits as there are; in JSON with a `T`
 * and `+00:00`), because a page of bets has hundreds of times.
 */
export function isoTime(timestamptz: string): string {
  const fraction = timestamptz.slice(20, timestamptz.lastIndexOf('+')).padEnd(3, '0').slice(0, 3)
  return `${timestamptz.slice(0, 10)}T${timestamptz.slice(11, 19)}.${fraction}Z`
}

/**
 * A pool of connections. Statements go through `query`, which bounds and translates. The driver is
 * patched (`shared/patches/`): as published, it loses connections for good that are refused or come
 * about too late, keeps new ones waiting behind what the old ones had not sent, and shifts a result
 * behind the rows of one that was cut off.
 */
export function connectDatabase(url: string, { max, applicationName }: DatabaseOptions): Sql {
  // `max_pipeline` is read but missing in the driver's types.
  const options = {
    max,
    connect_timeout: CONNECT_TIMEOUT_MS / 1_000,
    // With the default back-off, calls made after many killed connections did not settle for up to
    // 40 s.
    backoff: () => RECONNECT_SECONDS,
    socket: openSocket,
    // One statement per connection at a time: a statement that hangs must not hold up those queued
    // behind it.
    max_pipeline: 0,
    // Arrays are passed as JSON text, so the types need not be asked for at every connection.
    fetch_types: false,
    onnotice: () => {},
    types: {
      // Every bigint of this project (cents, versions, numbers, ids of a sequence) stays far below
      // 2^53.
      bigint: { to: 20, from: [20], serialize: String, parse: Number },
      // As text: a Date would drop the microseconds. Drizzle sets the same on its clients.
      timestamptz: { to: 1184, from: [1184], serialize: String, parse: (text: string) => text },
    },
    connection: {
      application_name: applicationName,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      TimeZone: 'UTC',
      // Rows are looked up by key. A plan made while a table was small would otherwise stay in use
      // when it is large.
      enable_seqscan: 'off',
      // Nor are they collected and sorted where an index has them in order: without statistics that
      // looks cheaper.
      enable_bitmapscan: 'off',
      // Where only a scan is possible, its forbidding cost would have the plan compiled, for 200 ms
      // each time.
      jit: 'off',
    },
  }
  return postgres(url, options) as unknown as Sql
}

/** A statement of postgres.js's, or one of drizzle's, which cannot be taken back. */
type Statement<T> = PromiseLike<T> & { cancel?(): void; active?: boolean }

/**
 * Runs one statement within a time limit of ours; the driver has none. A lost connection, a server
 * that shuts down and a limit that passes become `DatabaseUnavailableError`: the outcome is
 * unknown. What the server refused comes through as it is.
 */
export async function query<T>(statement: Statement<T>): Promise<T> {
  const startedMs = performance.now()
  let failure: unknown
  statementBegan()
  try {
    // Only a statement still waiting for a connection is taken back. A running one has its own
    // limit on the server, and a cancel request that comes late would hit the next statement.
    return await within(
      ANSWER_TIMEOUT_MS,
      statement,
      () => !statement.active && statement.cancel?.(),
    )
  } catch (error) {
    failure = translate(error)
    throw failure
  } finally {
    statementEnded((performance.now() - startedMs) / 1_000, failure)
  }
}

/**
 * What `work` answers, or `DatabaseUnavailableError` after so many milliseconds; `work` goes on
 * unless `giveUp` ends it.
 */
export async function within<T>(ms: number, work: PromiseLike<T>, giveUp?: () => void): Promise<T> {
  let timer: Timer | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DatabaseUnavailableError({ cause: 'no answer in time' }))
      giveUp?.()
    }, ms)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}

/** Refusals in which the server did nothing and the same statement may succeed at once. */
const TRY_AGAIN = new Set(['40001', '40P01'])
/**
 * What the server says when it cannot serve: connection failures (08), a read-only server (25006),
 * refused again and again (40), a missing table, function or right (the migrations have not run),
 * resources (53), a database that is closed while a backup takes its place (55000), or gone by its
 * name at that moment (3D000), a lock that is not to be had (55P03), shutdown and its own time
 * limit (57), its own failures (58).
 */
const UNAVAILABLE = /^(?:08|25006|3D000|40|42P01|42883|42501|53|55000|55P03|57|58)/

/** The SQLSTATE of an error of the server's, else undefined. Drizzle keeps it in `cause`. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof postgres.PostgresError) return error.code
  return error instanceof Error && error.cause instanceof Error ? sqlState(error.cause) : undefined
}

/**
 * Whether the server itself refused a statement (deadlock, serialization) and it may be sent again.
 */
export function isRefusedForNow(error: unknown): boolean {
  return TRY_AGAIN.has(sqlState(error) ?? '')
}

function translate(error: unknown): unknown {
  // Drizzle's wrapper has the parameters, which are the clients' data, in its message.
  if (error instanceof DrizzleQueryError && error.cause !== undefined) return translate(error.cause)
  if (error instanceof DatabaseUnavailableError) return error
  const state = sqlState(error)
  if (state !== undefined)
    return UNAVAILABLE.test(state) ? new DatabaseUnavailableError({ cause: error }) : error
  // Everything else that carries a code is the driver's or the socket's: CONNECTION_CLOSED,
  // ECONNREFUSED, …
  const code = codeOf(error)
  return code === undefined ? error : new DatabaseUnavailableError({ cause: error })
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return (error as { code?: string }).code ?? codeOf(error.cause)
}

/**
 * Runs a statement again while the server refuses it for now, at most three times in all; between
 * the tries a moment of random length, so that two that deadlocked do not meet again.
 */
export async function retryRefused<T>(statement: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await statement()
    } catch (error) {
      if (attempt === 3 || !isRefusedForNow(error)) throw error
      await Bun.sleep(Math.random() * 10 * attempt)
    }
  }
}

/** What the server says to a wrong user, password or database name. */
const REFUSED_LOGIN = /^(?:28|3D)/

/**
 * Tells at start whether the login in a setting is wrong, which waiting does not mend, and throws
 * `SettingError` then. A server that does not answer is no reason: it may come later.
 */
export async function checkLogin(sql: Sql, setting: string): Promise<void> {
  try {
    await query(sql`select 1`)
  } catch (error) {
    if (REFUSED_LOGIN.test(sqlState(error) ?? ''))
      throw new SettingError(setting, 'was refused by the server: wrong user, password or database')
  }
}

/** Whether the database answers, has been migrated (the table is there) and takes writes. */
export async function databaseUp(sql: Sql, table: string): Promise<boolean> {
  try {
    const rows = await query(sql`
      select from ${sql(table)} where current_setting('transaction_read_only') = 'off' limit 1`)
    return rows.length === 1
  } catch {
    return false
  }
}
