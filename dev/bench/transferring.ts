import { startSystem } from '../e2e/system.ts'
import { expectLedgerAddsUp, openAccounts } from './accounts.ts'
import type { Figure, Measurement, Progress, Samples } from './figure.ts'
import { pgbench } from './load/pgbench.ts'
import { wrk } from './load/wrk.ts'
import { ROUNDS } from './placing.ts'
import { ACCOUNTS } from './placing-accounts.ts'
import { type BetMaker, betMakerOf, waitUntilStored } from './stored.ts'

const CONNECTIONS = 64
const CLIENTS = [8, 16, 64]
const SECONDS = 3
/** The amount of every deposit. */
const CENTS = 1_000

export const transferringFigures: Figure[] = [
  {
    id: 'transfers',
    figure: `POST /transfers, deposits into ${ACCOUNTS.toLocaleString('en')} accounts at random`,
    limit: `pgbench, the same function one at a time, best of ${CLIENTS.join('/')} clients`,
    unit: 'deposits/s',
    target: { atLeast: 2 },
  },
]

/** Deposits per second through the API, compared with single ones in the database. */
export async function measureTransferring(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const bets = betMakerOf(system)
  try {
    await openAccounts(bets.databaseUrl, 'bench', ACCOUNTS, CENTS)
    await depositFor(bets)
    const rates = new Map<number, number>()
    for (const clients of CLIENTS) rates.set(await depositOneByOne(bets, clients), clients)
    const clients = rates.get(Math.max(...rates.keys())) as number
    progress(`pgbench is best with ${clients} clients`)
    const transfers: Samples = { figure: [], limit: [] }
    for (let round = 1; round <= ROUNDS; round++) {
      transfers.figure.push(await depositFor(bets))
      transfers.limit.push(await depositOneByOne(bets, clients))
      const seen = [transfers.figure, transfers.limit].map((all) => Math.round(all.at(-1) ?? 0))
      progress(`round ${round} of ${ROUNDS}: ${seen.join(' to ')} deposits/s`)
    }
    await expectLedgerAddsUp(bets.databaseUrl)
    progress('the ledger adds up')
    return { samples: { transfers } }
  } finally {
    await system.stop()
  }
}

/**
 * Deposits per second. Checks that each answered one is stored, plus at most those still in
 * progress when the load ended.
 */
async function depositFor(bets: BetMaker): Promise<number> {
  const before = await deposited(bets)
  const { requests, perSecond } = await wrk(`${bets.betsUrl}/transfers`, {
    connections: CONNECTIONS,
    seconds: SECONDS,
    script: 'transfer.lua',
    args: [crypto.randomUUID(), ACCOUNTS],
  })
  await waitUntilStored(bets)
  const made = (await deposited(bets)) - before
  if (made < requests || made > requests + CONNECTIONS)
    throw new Error(`${requests} deposits were answered, but ${made} are stored.`)
  return perSecond
}

async function depositOneByOne(bets: BetMaker, clients: number): Promise<number> {
  const before = await deposited(bets)
  const load = { clients, seconds: SECONDS }
  const { transactions, perSecond } = await pgbench(bets.databaseUrl, 'transfer.sql', load)
  const made = (await deposited(bets)) - before
  if (made !== transactions)
    throw new Error(`pgbench made ${transactions} calls, but ${made} deposits are stored.`)
  return perSecond
}

/** The number of deposits, which are all of the same amount, by what the accounts hold. */
async function deposited({ betSql }: BetMaker): Promise<number> {
  const [row] = await betSql<[{ cents: number }]>`
    select sum(balance_cents)::bigint as cents from accounts`
  return row.cents / CENTS
}
