import { resolve } from 'node:path'
import { connectDatabase } from '@bets/platform/postgres/database'
import { startPrivatePostgres } from '../services/private-postgres.ts'

const ROOT = resolve(import.meta.dir, '../..')
const LIMIT_MS = 30_000
const ADMIN_PASSWORD = 'the superuser’s'

export type Passwords = Record<
  | 'LINE_OWNER_PASSWORD'
  | 'LINE_DB_PASSWORD'
  | 'BET_OWNER_PASSWORD'
  | 'BET_DB_PASSWORD'
  | 'BET_WORKER_PASSWORD',
  string
>

/** Contains characters that are special in shells, psql, SQL and URLs. */
export const PASSWORDS: Passwords = {
  LINE_OWNER_PASSWORD: "line owner's $HOME",
  LINE_DB_PASSWORD: 'li"ne:/?#@',
  BET_OWNER_PASSWORD: "'; drop role bet_maker; --",
  BET_DB_PASSWORD: ':bet \\ `id`',
  BET_WORKER_PASSWORD: '%20wörker',
}

/** A PostgreSQL that requires passwords, like one on a network. */
export async function startGuardedPostgres() {
  const postgres = await startPrivatePostgres()
  const trusted = connectDatabase(postgres.url, { max: 1, applicationName: 'test' })
  await trusted.unsafe(`alter role postgres password '${ADMIN_PASSWORD}'`)
  const [{ file }] = await trusted<[{ file: string }]>`select current_setting('hba_file') as file`
  await trusted.unsafe(`copy (select 'host all all 127.0.0.1/32 scram-sha-256') to '${file}'`)
  await trusted`select pg_reload_conf()`
  await trusted.end({ timeout: 1 })

  const { host, hostname, port } = new URL(postgres.url)
  const urlOf = (user: string, password: string, database: string) =>
    `postgres://${user}:${encodeURIComponent(password)}@${host}/${database}`
  return {
    urlOf,
    adminUrl: (database: string) => urlOf('postgres', ADMIN_PASSWORD, database),
    remove: () => postgres.remove(),
    /** Runs deploy/postgres/roles.sh on it. */
    makeRoles: (passwords: Passwords) =>
      run([`${ROOT}/deploy/postgres/roles.sh`], {
        PATH: `${postgres.tools}:${process.env.PATH}`,
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: 'postgres',
        PGPASSWORD: ADMIN_PASSWORD,
        ...passwords,
      }),
  }
}

/** Runs the migrations of a service as a deployment does. */
export function migrate(service: 'line-provider' | 'bet-maker', url: string) {
  const setting = service === 'line-provider' ? 'LINE_DATABASE_URL' : 'BET_DATABASE_URL'
  return run([process.execPath, `${service}/src/migrate.ts`], {
    PATH: process.env.PATH ?? '',
    [setting]: url,
  })
}

/** Runs a command and returns its exit code and output. */
export async function run(command: string[], env: Record<string, string>) {
  const options = { cwd: ROOT, env, stdout: 'pipe', stderr: 'pipe', timeout: LIMIT_MS } as const
  const child = Bun.spawn(command, options)
  const said = await Promise.all(
    [child.stdout, child.stderr].map((stream) => new Response(stream).text()),
  )
  return { code: await child.exited, output: said.join('') }
}
