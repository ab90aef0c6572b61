import { startSystem } from '../e2e/system.ts'
import { createBetDatabase } from '../testing/test-database.ts'
import { expectLedgerAddsUp, fillWithPaidBets, vacuumAccounts } from './accounts.ts'
import type { Figure, Measurement, Progress, Samples } from './figure.ts'
import { openEvents } from './line.ts'
import { psql } from './load/psql.ts'
import { settleAll } from './settling.ts'
import { betMakerOf } from './stored.ts'

const BETS = 1_000_000
/** Enough that the worker settles two groups of them at once, as after a match day. */
const EVENTS = 1_000
const ROUNDS = 3

export const settlingAccountsFigures: Figure[] = [
  {
    id: 'settle-accounts',
    figure: `${BETS.toLocaleString('en')} bets of as many accounts, until all are paid`,
    limit: 'bets, entries and balances written by one transaction in psql',
    unit: 's',
    target: { atMost: 1.5 },
  },
]

/**
 * Many events end whose bets a million accounts have paid for, and are corrected. The baseline
 * works on a database of its own with the same rows.
 */
export async function measureSettlingAccounts(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const copy = await createBetDatabase()
  const { databaseUrl } = betMakerOf(system)
  try {
    await openEvents(system, 'settle', EVENTS)
    progress(`storing ${BETS.toLocaleString('en')} bets of as many accounts, twice`)
    for (const url of [databaseUrl, copy.url]) await fillWithPaidBets(url, 'settle', BETS, EVENTS)
    const samples: Samples = { figure: [], limit: [] }
    for (let round = 1; round <= ROUNDS; round++) {
      const state = round % 2 === 1 ? 'WIN' : 'LOSE'
      await vacuum(databaseUrl)
      samples.figure.push(await settleAll(system, 'settle', EVENTS, `FINISHED_${state}`))
      await vacuum(copy.url)
      samples.limit.push(await writeAll(copy.url, 'settle-%', state))
      const seen = [samples.figure, samples.limit].map((all) => (all.at(-1) ?? 0).toFixed(1))
      progress(`round ${round} of ${ROUNDS}: ${seen.join(' to ')} s`)
    }
    await expectLedgerAddsUp(databaseUrl)
    progress('the ledger adds up')
    // Else dropping the databases would have to write all their pages first, and take too long.
    await psql(databaseUrl, ['-c', 'checkpoint'])
    return { samples: { 'settle-accounts': samples } }
  } finally {
    await system.stop()
    await copy.drop()
  }
}

async function vacuum(databaseUrl: string): Promise<void> {
  await psql(databaseUrl, ['-c', 'vacuum bets'])
  await vacuumAccounts(databaseUrl)
}

/** Seconds for the same writes, as measured by psql. */
async function writeAll(databaseUrl: string, events: string, state: string): Promise<number> {
  const script = `${import.meta.dir}/load/settle-accounts.sql`
  const variables = ['-v', `events=${events}`, '-v', `state=${state}`]
  const output = await psql(databaseUrl, [...variables, '-c', '\\timing on', '-f', script])
  const rows = Number(/INSERT 0 (\d+)/.exec(output)?.[1])
  const ms = [...output.matchAll(/Time: ([\d.]+) ms/g)].map(([, time]) => Number(time))
  if (rows !== BETS || ms.length < 3)
    throw new Error(`psql settled ${rows} of ${BETS} bets:\n${output}`)
  return ms.reduce((sum, time) => sum + time, 0) / 1_000
}
