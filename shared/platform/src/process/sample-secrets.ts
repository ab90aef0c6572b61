/**
 * Every password and token that stands in a file of this repository or that servers come with:
 * known to everyone, good for one's own machine. With `NODE_ENV=production` no process starts with
 * one of them.
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
