import { type System, startSystem } from '../e2e/system.ts'
import { expectLedgerAddsUp, fillWithPaidBets, openAccounts } from './accounts.ts'
import { changeUntilApplied } from './changing.ts'
import type { Measurement, Progress } from './figure.ts'
import { openEvents } from './line.ts'
import { psql } from './load/psql.ts'
import { EVENTS, placeFor } from './placing.ts'
import { ACCOUNTS, CENTS_EACH } from './placing-accounts.ts'
import { settleAll } from './settling.ts'
import { betMakerOf, fillWithBets, newestBet, storedSince } from './stored.ts'

const SECONDS = 3
const SETTLED = 200_000

interface Cost {
  statements: number
  walBytes: number
}

/** The database cost of a bet, a change and a settled bet: SQL statements and bytes of WAL. */
export async function measureCost(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const bets = betMakerOf(system)
  const urls = [bets.databaseUrl, system.env.LINE_DATABASE_URL as string]
  try {
    for (const url of urls) await psql(url, ['-c', 'create extension pg_stat_statements'])
    await setTracking(system, 'all')
    await openEvents(system, 'bench', EVENTS)
    await openEvents(system, 'cost', 1)
    await openEvents(system, 'paid', 1)
    await openAccounts(bets.databaseUrl, 'bench', ACCOUNTS, CENTS_EACH)
    await placeFor(bets, SECONDS, EVENTS)

    const costOfBets = async (accounts: number) => {
      const newest = await newestBet(bets)
      const cost = await costOf(system, () => placeFor(bets, SECONDS, EVENTS, accounts))
      return { cost, count: (await storedSince(bets, newest)).bets }
    }
    progress('bets')
    const placing = await costOfBets(0)
    const paying = await costOfBets(ACCOUNTS)

    progress('changes')
    let changes = 0
    const changing = await costOf(system, async () => {
      changes = (await changeUntilApplied(system, 0)).changes
    })

    progress('settled bets')
    await fillWithBets(bets.databaseUrl, SETTLED, 'cost', 1)
    await psql(bets.databaseUrl, ['-c', 'checkpoint'])
    const settling = await costOf(system, () => settleAll(system, 'cost', 1, 'FINISHED_WIN'))
    await fillWithPaidBets(bets.databaseUrl, 'paid', SETTLED, 1)
    await psql(bets.databaseUrl, ['-c', 'checkpoint'])
    const crediting = await costOf(system, () => settleAll(system, 'paid', 1, 'FINISHED_WIN'))
    await setTracking(system, 'none')
    await expectLedgerAddsUp(bets.databaseUrl)
    return {
      samples: {},
      notes: [
        noteOf('a bet', placing.cost, placing.count),
        noteOf('a bet paid by an account', paying.cost, paying.count),
        noteOf('a change, until applied', changing, changes),
        noteOf('a settled bet', settling, SETTLED),
        noteOf('a bet of an account, settled as won', crediting, SETTLED),
      ],
    }
  } finally {
    await system.stop()
  }
}

function noteOf(what: string, { statements, walBytes }: Cost, count: number) {
  const value =
    `${(statements / count).toPrecision(2)} SQL statements, ` +
    `${Math.round(walBytes / count)} bytes of WAL`
  return { what: `cost of ${what}`, value }
}

async function setTracking({ env }: System, track: 'all' | 'none'): Promise<void> {
  const url = env.BET_DATABASE_URL as string
  await psql(url, ['-c', `alter system set pg_stat_statements.track = '${track}'`])
  await psql(url, ['-c', 'select pg_reload_conf()'])
  await Bun.sleep(200)
}

/** The statements sent by the services, and the WAL written meanwhile. */
async function costOf(system: System, work: () => Promise<unknown>): Promise<Cost> {
  const { betSql } = system
  await betSql`select pg_stat_statements_reset()`
  const [from] = await betSql<[{ lsn: string }]>`select pg_current_wal_insert_lsn()::text as lsn`
  await work()
  const [to] = await betSql<[{ bytes: number }]>`
    select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), ${from.lsn}::pg_lsn)::bigint as bytes`
  const [row] = await betSql<[{ calls: number }]>`
    select sum(calls)::bigint as calls from pg_stat_statements
    where toplevel and query !~*
      'pg_stat|pg_wal|pg_current|pg_advisory|count\\(|sum\\(|order by (id|event_id) desc limit 1'`
  return { statements: row.calls, walBytes: to.bytes }
}
