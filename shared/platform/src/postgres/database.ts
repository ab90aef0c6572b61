import { DatabaseUnavailableError, StatementTimeoutError } from '@bets/domain/errors'
import { DrizzleQueryError } from 'drizzle-orm'
import postgres, { type Sql } from 'postgres'
import { SettingError, StartError } from '../process/env.ts'
import { connectionOptions, refuseWrongSettings, selectWrongSettings } from './connection.ts'
import { CONNECT_TIMEOUT_MS, watchForSilence } from './database-socket.ts'
import { statementBegan, statementEnded } from './statements.ts'

/** How long the server may work on one statement. */
const STATEMENT_TIMEOUT_MS = 2_000
/**
 * How long we wait for an answer, including the wait for a connection. Longer than the server's
 * limit, so that a slow statement is ended by the server and its connection stays usable.
 */
const ANSWER_TIMEOUT_MS = 2_200
const RECONNECT_SECONDS = 0.05

export interface DatabaseOptions {
  /** The most connections. */
  max: number
  /** Shown in `pg_stat_activity`. */
  applicationName: string
  /** Gets the server's notices, which are dropped otherwise. */
  onNotice?(text: string): void
}

/**
 * Converts a database timestamp to the format of the API: RFC 3339, UTC, milliseconds. Slices the
 * server's text (`2026-01-31 12:00:00.123456+00`, with a varying number of digits; in JSON with a
 * `T` and `+00:00`) instead of parsing it, because a page of a list has hundreds of timestamps.
 */
export function isoTime(timestamptz: string): string {
  const fraction = timestamptz.slice(20, timestamptz.lastIndexOf('+')).padEnd(3, '0').slice(0, 3)
  return `${timestamptz.slice(0, 10)}T${timestamptz.slice(11, 19)}.${fraction}Z`
}

/**
 * Creates a connection pool. Run statements through `query`, which limits their time and translates
 * errors. The driver is patched (`shared/platform/patches/`). As published, it permanently loses
 * connections that are refused or established too late, delays new ones behind unsent data of old
 * ones, mixes a result with the rows of an interrupted one, and does not show us the socket that it
 * makes for TLS.
 */
export function connectDatabase(
  url: string,
  { max, applicationName, onNotice }: DatabaseOptions,
): Sql {
  const settings = {
    application_name: applicationName,
    statement_timeout: String(STATEMENT_TIMEOUT_MS),
    // Rows are looked up by key. Otherwise a plan made for a small table would stay in use after
    // it has grown.
    enable_seqscan: 'off',
    // Read rows in index order instead of collecting and sorting them, which looks cheaper
    // without statistics.
    enable_bitmapscan: 'off',
    // Where only a scan is possible, its prohibitive cost would trigger JIT compilation, 200 ms
    // each time.
    jit: 'off',
  }
  // `max_pipeline` and `connected` are missing in the driver's types.
  const options = {
    ...connectionOptions(url, settings),
    onnotice: ({ message = '' }: Record<string, string>) => onNotice?.(message),
    max,
    connect_timeout: CONNECT_TIMEOUT_MS / 1_000,
    // With the default back-off, calls after many killed connections took up to 40 s to settle.
    backoff: () => RECONNECT_SECONDS,
    connected: watchForSilence,
    // One statement per connection at a time: a hanging statement must not block others.
    max_pipeline: 0,
    // Arrays are passed as JSON text, so connections need not fetch the array types.
    fetch_types: false,
    types: {
      // All bigints of this project (cents, versions, sequence numbers, ids) stay far below 2^53.
      bigint: { to: 20, from: [20], serialize: String, parse: Number },
      // As text, because a Date would drop the microseconds. Drizzle does the same on its clients.
      timestamptz: { to: 1184, from: [1184], serialize: String, parse: (text: string) => text },
    },
  }
  return postgres(url, options) as unknown as Sql
}

/** A statement of postgres.js, or one of drizzle, which cannot be cancelled. */
type Statement<T> = PromiseLike<T> & { cancel?(): void; active?: boolean }

/**
 * Runs one statement with a time limit, which the driver does not have. A lost connection, a server
 * that shuts down and a timeout become `DatabaseUnavailableError`: the outcome is unknown. Other
 * errors of the server are passed on unchanged.
 */
export async function query<T>(statement: Statement<T>): Promise<T> {
  const startedMs = performance.now()
  let failure: unknown
  statementBegan()
  try {
    // Cancel only a statement that still waits for a connection. A running one has its own limit on
    // the server, and a late cancel request would hit the next statement.
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
 * Resolves as `work` does, or rejects with `DatabaseUnavailableError` after `ms` milliseconds.
 * `work` continues unless `giveUp` ends it.
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

/** Errors after which nothing was done and a retry may succeed at once. */
const RETRYABLE = new Set(['40001', '40P01'])
/**
 * SQLSTATEs of a server that cannot serve: connection failures (08), a read-only server (25006), a
 * login that is no longer valid (28),
 * conflicts after all retries (40), a missing table, function or privilege (migrations have not
 * run), resources (53), a database that a restore has closed (55000) or is renaming (3D000), a lock
 * timeout (55P03), shutdown and statement timeout (57), internal failures (58).
 */
const UNAVAILABLE = /^(?:08|25006|28|3D000|40|42P01|42883|42501|53|55000|55P03|57|58)/

/** What ends a statement at its `statement_timeout`. */
const QUERY_CANCELED = '57014'

/** The SQLSTATE of a server error, or undefined. Drizzle keeps it in `cause`. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof postgres.PostgresError) return error.code
  return error instanceof Error && error.cause instanceof Error ? sqlState(error.cause) : undefined
}

/**
 * Whether the server rolled back a statement (deadlock, serialization failure) that can be retried.
 */
export function isRefusedForNow(error: unknown): boolean {
  return RETRYABLE.has(sqlState(error) ?? '')
}

function translate(error: unknown): unknown {
  // The message of drizzle's wrapper contains the parameters, which are client data.
  if (error instanceof DrizzleQueryError && error.cause !== undefined) return translate(error.cause)
  if (error instanceof DatabaseUnavailableError) return error
  const state = sqlState(error)
  if (state === QUERY_CANCELED) return new StatementTimeoutError({ cause: error })
  if (state !== undefined)
    return UNAVAILABLE.test(state) ? new DatabaseUnavailableError({ cause: error }) : error
  // Other errors with a code come from the driver or the socket: CONNECTION_CLOSED, ECONNREFUSED, …
  const code = codeOf(error)
  return code === undefined ? error : new DatabaseUnavailableError({ cause: error })
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return (error as { code?: string }).code ?? codeOf(error.cause)
}

/**
 * Retries a statement on a deadlock or serialization failure, up to three attempts in all. Random
 * delays between them keep two deadlocked statements from colliding again.
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

/** SQLSTATEs for a wrong user, password or database name. */
const REFUSED_LOGIN = /^(?:28|3D)/

/**
 * Checks the login of a setting at startup, and the settings of its database. Throws `StartError`
 * if they are wrong, because waiting would not help. An unreachable server is not an error: it may
 * come up later.
 */
export async function checkLogin(sql: Sql, setting: string): Promise<void> {
  try {
    refuseWrongSettings(await query(selectWrongSettings(sql)))
  } catch (error) {
    if (error instanceof StartError) throw error
    if (REFUSED_LOGIN.test(sqlState(error) ?? ''))
      throw new SettingError(
        setting,
        'was rejected by the server: wrong user, password or database',
      )
  }
}

/** Whether the database is up, migrated (the table exists) and accepts writes. */
export async function databaseUp(sql: Sql, table: string): Promise<boolean> {
  try {
    const rows = await query(sql`
      select from ${sql(table)} where current_setting('transaction_read_only') = 'off' limit 1`)
    return rows.length === 1
  } catch {
    return false
  }
}
