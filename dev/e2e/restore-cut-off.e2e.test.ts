import { beforeAll, expect, test } from 'bun:test'
import { statSync, truncateSync } from 'node:fs'
import { connectDatabase } from '@bets/platform/postgres/database'
import { eventually } from '../testing/eventually.ts'
import { send } from '../traffic/client.ts'
import { restorableDuringTests } from './restorable-system.ts'

const FEED_SYNC_INTERVAL_MS = 300

const system = restorableDuringTests(FEED_SYNC_INTERVAL_MS)
let backup: string

beforeAll(async () => {
  await system.takesBets()
  backup = await system.backups.make()
})

const nameOf = (url = '') => new URL(url).pathname.slice(1)
const lineDb = () => nameOf(system.env.LINE_DATABASE_URL)
const betDb = () => nameOf(system.env.BET_DATABASE_URL)
/** The statement that a restore prints for the operator to run. */
const printedCommand = (output: string) =>
  /psql -d postgres -c '([^']+)'/.exec(output)?.[1] as string
const databases = async () =>
  (await system.admin<{ datname: string }[]>`select datname from pg_database order by 1`).map(
    ({ datname }) => datname,
  )

/** Nothing has changed: the same databases, and bets are accepted. */
async function expectUntouched(before: string[]): Promise<void> {
  await system.takesBets()
  await system.atRest()
  expect(await databases()).toEqual(before)
}

test('F24 a failed or killed backup leaves nothing that looks like a backup', async () => {
  const before = system.backups.list()
  const env = { BET_DATABASE_URL: 'postgres://bet_owner@127.0.0.1/no_such_database' }
  const { code, output } = await system.backups.start('backup.sh', [], env).done
  expect(code).not.toBe(0)
  expect(output).toContain('no_such_database')
  expect(system.backups.list()).toEqual(before)

  const killed = system.backups.start('backup.sh')
  await killed.untilPrinted('line_db.dump')
  process.kill(killed.pid, 'SIGKILL')
  await killed.done
  expect(system.backups.list().filter((name) => !name.startsWith('.'))).toEqual(before)
  await system.backups.make()
  expect(system.backups.list().filter((name) => name.startsWith('.'))).toEqual([])
})

test('F24 a restore that is unconfirmed, not found or incomplete changes nothing', async () => {
  const before = await databases()
  // Half of a dump that is mostly rows has the list of contents and not all rows. Since version 17,
  // pg_dump repeats the list at the end.
  await system.betSql.unsafe(`
    create table filler as select md5(n::text) from generate_series(1, 5000) n;
    alter table filler owner to bet_owner`)
  const other = await system.backups.make()
  await system.betSql`drop table filler`
  const file = `${other}/bet_db.dump`
  truncateSync(file, Math.floor(statSync(file).size / 2))
  const swapped = { LINE_DATABASE_URL: system.env.BET_DATABASE_URL as string }
  const attempts: [words: string[], env: Record<string, string>, complaint: string][] = [
    [[backup, 'bet'], {}, 'yes=1'],
    [[], { yes: '1' }, 'Which backup?'],
    [['backups/never', ''], { yes: '1' }, 'no folder'],
    [['no_such_database', 'bet'], { yes: '1' }, 'no folder or database'],
    [[betDb(), 'bet'], { yes: '1' }, 'the running database'],
    // The line's owner has no business there.
    [[betDb(), 'line'], { yes: '1' }, 'permission denied for database'],
    [[betDb(), ''], { yes: '1' }, 'only=line or only=bet'],
    [[backup, 'both'], { yes: '1' }, 'only=line or only=bet'],
    // The line's backup is fine, but nothing is restored unless both are.
    [[other], { yes: '1' }, 'truncated or corrupt'],
    [
      [backup, 'line'],
      { yes: '1', LINE_DATABASE_URL: 'postgres://127.0.0.1/gone' },
      'no database gone',
    ],
    [[backup], { yes: '1', ...swapped, BET_DATABASE_URL: 'postgres://127.0.0.1/a"b' }, 'a-z, 0-9'],
  ]
  for (const [words, env, complaint] of attempts) {
    const { code, output } = await system.backups.start('restore.sh', words, env).done
    expect(output).toContain(complaint)
    expect(code, output).toBeGreaterThan(0)
  }
  await expectUntouched(before)
}, 30_000)

test('F24 a restore that cannot read the other database prints how to open it', async () => {
  const before = await databases()
  for (const [only, closed] of [
    ['line', betDb()],
    ['bet', lineDb()],
  ] as const) {
    await system.admin.unsafe(`alter database ${closed} allow_connections false`)
    const { code, output } = await system.backups.start('restore.sh', [backup, only], { yes: '1' })
      .done
    expect(output).toContain(`${closed} is unavailable`)
    expect(output).toContain('is unchanged and still serving')
    expect(code).toBe(1)
    await system.admin.unsafe(printedCommand(output))
    await expectUntouched(before)
  }
}, 30_000)

/** Opens a session in bet_db that cannot be terminated: its server process is stopped. */
async function stoppedSession() {
  const sql = connectDatabase(system.env.BET_DATABASE_URL as string, {
    max: 1,
    applicationName: 'stuck',
  })
  const [{ pid }] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`
  await system.postgres.kill('SIGSTOP', pid)
  return {
    async resume() {
      await system.postgres.kill('SIGCONT', pid)
      await sql.end({ timeout: 1 })
    },
  }
}

const restoreBets = () => system.backups.start('restore.sh', [backup, 'bet'], { yes: '1' })

test('F24 a restore that cannot close the database, or is stopped, changes nothing', async () => {
  const before = await databases()
  for (const [signal, ends] of [
    [undefined, 1],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGPIPE', 141],
  ] as const) {
    const stuck = await stoppedSession()
    const restoring = restoreBets()
    await restoring.untilPrinted('closed now')
    if (signal !== undefined) process.kill(restoring.pid, signal)
    const { code, output } = await restoring.done
    await stuck.resume()
    expect(output).toContain('is open again, unchanged')
    expect(code).toBe(ends)
    // The prepared database is left for the next run to drop.
    await system.admin.unsafe(`drop database ${betDb()}_restoring`)
    await expectUntouched(before)
  }
}, 40_000)

test('F24 killed with the database closed: 503; a new run or one command reopens it', async () => {
  const before = await databases()
  for (const next of ['command', 'run'] as const) {
    const stuck = await stoppedSession()
    const restoring = restoreBets()
    await restoring.untilPrinted('closed now')
    await eventually(async () => {
      const [row] =
        await system.admin`select datallowconn from pg_database where datname = ${betDb()}`
      expect(row).toEqual({ datallowconn: false })
    })
    process.kill(restoring.pid, 'SIGKILL')
    await stuck.resume()
    await eventually(async () => {
      const { status, body } = await send('POST', `${system.betsUrl}/bet`, {
        event_id: 'r-0',
        bet_sum: '1.00',
      })
      expect({ status, code: body.code }).toEqual({ status: 503, code: 'DATABASE_UNAVAILABLE' })
    })
    expect(await system.get('/health/live')).toBeTruthy()
    const { output } = await restoring.done
    if (next === 'command') {
      await system.admin.unsafe(printedCommand(output))
      await system.admin.unsafe(`drop database ${betDb()}_restoring`)
      await expectUntouched(before)
    } else expect(await system.backups.restore(backup, 'bet')).toContain('was left closed')
  }
  // The restored database has the first bet and accepts new ones.
  const [first] = system.accepted
  system.accepted.clear()
  system.accepted.set(...(first as [string, number]))
  await system.takesBets()
  await system.atRest()
}, 40_000)
