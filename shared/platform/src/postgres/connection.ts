import type { Sql } from 'postgres'
import { StartError } from '../process/env.ts'
import { openSocket } from './database-socket.ts'

/**
 * What our statements rely on, sent with the login of every connection. Databases and roles may
 * have settings of their own, which would otherwise apply.
 */
const SESSION = {
  // How values are read and written.
  client_encoding: 'UTF8',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  xmloption: 'content',
  // Which tables are meant, and what a statement sees of them.
  search_path: 'public',
  row_security: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // An answered bet must survive a power failure.
  synchronous_commit: 'on',
  // Our own limits apply. Idle connections stay open.
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
}

/**
 * Options of the driver for the connections of services, migrations and tools. `settings` are
 * settings of the server beside `SESSION`, above all `statement_timeout`.
 */
export function connectionOptions(url: string, settings: Record<string, string>) {
  return {
    ...addressOf(url),
    socket: openSocket,
    onnotice: () => {},
    // All as text: the driver leaves out what is 0 or false, although its types ask for it.
    connection: { ...SESSION, ...settings } as object,
  }
}

/**
 * The driver cuts an IPv6 address at its first colon, unless it gets hosts and ports as lists. Its
 * types lack them.
 */
function addressOf(url: string): object {
  const { hostname, port } = new URL(url)
  return hostname.startsWith('[')
    ? { host: [hostname.slice(1, -1)], port: [Number(port || 5432)] }
    : {}
}

/** What a connection cannot choose for itself. A server that lacks a setting behaves that way. */
const REQUIRED = {
  server_encoding: 'UTF8',
  // Set by whoever wants nothing to be written, so it is not overruled.
  default_transaction_read_only: 'off',
  transaction_timeout: '0',
}

/** A setting of the server that is not as required. */
interface WrongSetting {
  name: string
  value: string
  required: string
}

/** Selects the settings with which the database cannot be used. */
export function selectWrongSettings(sql: Sql) {
  return sql<WrongSetting[]>`
    select name, current_setting(name, true) as value, required
    from json_each_text(${JSON.stringify(REQUIRED)}::text::json) wanted (name, required)
    where current_setting(name, true) <> required`
}

/** Throws `StartError` for what `selectWrongSettings` has found. */
export function refuseWrongSettings([wrong]: readonly WrongSetting[]): void {
  if (wrong === undefined) return
  const { name, value, required } = wrong
  throw new StartError(
    `The database has ${name} = ${value}, and cannot be used until it is ${required}.`,
  )
}
