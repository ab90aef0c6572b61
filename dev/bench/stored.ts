import type { System } from '../e2e/system.ts'
import { send } from '../traffic/client.ts'
import { eachOf } from './line.ts'
import { psql } from './load/psql.ts'

/** A bet-maker: its URL and its database. */
export type BetMaker = Pick<System, 'betsUrl' | 'betSql'> & { databaseUrl: string }

const FILL_CHUNK = 250_000
const FILL_CONCURRENCY = 2

export function betMakerOf({ betsUrl, betSql, env }: System): BetMaker {
  return { betsUrl, betSql, databaseUrl: env.BET_DATABASE_URL as string }
}

/**
 * Stores bets as placing would, each with a key, spread evenly over `events` events named
 * `${prefix}-0` and so on.
 */
export async function fillWithBets(
  databaseUrl: string,
  count: number,
  prefix: string,
  events: number,
  /** The account that paid for bet `n`, as SQL. */
  account = 'null',
): Promise<void> {
  const fill = async (part: number) => {
    const from = part * FILL_CHUNK
    const to = Math.min(from + FILL_CHUNK, count) - 1
    const insert = `
       insert into bets (event_id, sum_cents, coefficient_hundredths, event_version,
                         applied_version, state, created_at, client, account_id,
                         idempotency_key, seen_coefficient_hundredths, accept_odds)
       select '${prefix}-' || n % ${events}, 1000, 150, 1, 1, 'PENDING', clock_timestamp(), '',
              ${account}, '${prefix}-' || md5(n::text), 150, 'exact'
       from generate_series(${from}, ${to}) n`
    await psql(databaseUrl, ['-c', insert])
  }
  await eachOf(Math.ceil(count / FILL_CHUNK), fill, FILL_CONCURRENCY)
  await psql(databaseUrl, ['-c', 'vacuum analyze bets'])
}

/** The id of the newest bet. */
export async function newestBet({ betSql }: BetMaker): Promise<number> {
  const [row] = await betSql<{ id: number }[]>`select id from bets order by id desc limit 1`
  return row?.id ?? 0
}

/** The bets after the given id: how many, how many of them an account paid for, their stakes. */
export async function storedSince(
  { betSql }: BetMaker,
  id: number,
): Promise<{ bets: number; paid: number; cents: number }> {
  const [row] = await betSql<[{ bets: number; paid: number; cents: number }]>`
    select count(*) as bets, count(account_id) as paid,
           coalesce(sum(sum_cents), 0)::bigint as cents
    from bets where id > ${id}::bigint`
  return row
}

/**
 * Waits until every bet and transfer that was sent before is stored or refused, also those whose
 * connection the load has closed. Sends one more of each, which are refused behind them in their
 * queues; what was taken from the queues then holds the placement barrier until it is committed.
 */
export async function waitUntilStored({ betsUrl, betSql }: BetMaker): Promise<void> {
  const account = { account_id: 'nobody', kind: 'withdrawal', amount: '1.00' }
  const answers = await Promise.all([
    send('POST', `${betsUrl}/bet`, { event_id: 'unknown', bet_sum: '1.00' }),
    send('POST', `${betsUrl}/transfers`, account, { 'idempotency-key': crypto.randomUUID() }),
  ])
  for (const { status, body } of answers)
    if (status !== 404) throw new Error(`Expected 404, not ${status}: ${JSON.stringify(body)}`)
  await betSql`select pg_advisory_xact_lock(placement_barrier())`
}
