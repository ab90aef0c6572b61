import type { System } from '../e2e/system.ts'
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
): Promise<void> {
  const fill = async (part: number) => {
    const from = part * FILL_CHUNK
    const to = Math.min(from + FILL_CHUNK, count) - 1
    const insert = `
       insert into bets (event_id, sum_cents, coefficient_hundredths, event_version,
                         applied_version, state, created_at, client, idempotency_key,
                         seen_coefficient_hundredths, accept_odds)
       select '${prefix}-' || n % ${events}, 1000, 150, 1, 1, 'PENDING', clock_timestamp(), '',
              '${prefix}-' || md5(n::text), 150, 'exact'
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

/** The number of bets after the given id, and the sum of their stakes. */
export async function storedSince(
  { betSql }: BetMaker,
  id: number,
): Promise<{ bets: number; cents: number }> {
  const [row] = await betSql<[{ bets: number; cents: number }]>`
    select count(*) as bets, coalesce(sum(sum_cents), 0)::bigint as cents
    from bets where id > ${id}::bigint`
  return row
}
