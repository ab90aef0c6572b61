/** Settings of a server, each of which would change what we read or promise if it applied. */
export const ODD_SETTINGS: Record<string, string> = {
  client_encoding: 'LATIN1',
  DateStyle: 'German',
  IntervalStyle: 'sql_standard',
  TimeZone: 'America/St_Johns',
  extra_float_digits: '-15',
  bytea_output: 'escape',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  xmloption: 'document',
  search_path: 'app',
  row_security: 'off',
  default_transaction_isolation: 'repeatable read',
  default_transaction_deferrable: 'on',
  synchronous_commit: 'off',
  statement_timeout: '1ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '1ms',
  idle_session_timeout: '1ms',
}

/** Statements that give a database these settings, for everyone and for each of the roles. */
export function oddSettingsOf(database: string, roles: readonly string[]): string[] {
  return ['', ...roles.map((role) => `role ${role} in `)].flatMap((who) =>
    Object.entries(ODD_SETTINGS).map(
      ([name, value]) => `alter ${who}database ${database} set ${name} = '${value}'`,
    ),
  )
}
