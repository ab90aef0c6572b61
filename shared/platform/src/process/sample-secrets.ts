/**
 * All passwords and tokens from files of this repository, and default ones of the servers: public,
 * fine for local development. With `NODE_ENV=production`, no process starts with one of them.
 */
export const SAMPLE_SECRETS: ReadonlySet<string> = new Set([
  'postgres',
  'password',
  'line',
  'bet',
  'admin',
  'guest',
  'SuperSecret',
  'line-owner',
  'bet-owner',
  'bet-worker',
  'line-broker',
  'worker-broker',
  'dead-letters',
  'local-erlang-cookie',
  'local-operator-token',
  'local-client-token',
])
