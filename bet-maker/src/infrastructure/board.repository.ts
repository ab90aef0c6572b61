import type { BetState } from '@bets/domain/bet'
import { isoTime, query } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { BoardRecords } from '../application/ports.ts'

/** The most bets that one view of the board reads. */
const MAX_LOOKED = 5_000
const NEWEST = 30
const BARS = 60
/**
 * The possible widths of a bar, in milliseconds. Together the bars span from ten minutes down to a
 * third of a second.
 */
const BAR_MS = [10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5]

interface BoardRow {
  now: string
  feed_age_ms: number | null
  bar_ms: number
  last_bar: number
  count: number
  /** Totals may exceed 2^53, so they come as text. */
  turnover: string
  pending: string
  result: string
  newest: {
    event_id: string
    sum_cents: number
    coefficient_hundredths: number
    state: BetState
    payout_cents: number | null
    created_at: string
  }[]
  bars: { bar: number; turnover: string; result: string }[]
}

/** What the board shows, from the bets and the feed's position in `bet_db`. */
export function createBoardRecords(sql: Sql): BoardRecords {
  return {
    async latest() {
      const [row] = await query(sql<[BoardRow]>`${boardRow(sql)}`)
      const bars = Array.from({ length: BARS }, () => ({ turnoverCents: 0n, resultCents: 0n }))
      for (const { bar, turnover, result } of row.bars)
        bars[BARS - 1 - (row.last_bar - bar)] = {
          turnoverCents: BigInt(turnover),
          resultCents: BigInt(result),
        }
      return {
        feedAgeMs: row.feed_age_ms,
        count: row.count,
        turnoverCents: BigInt(row.turnover),
        pendingCents: BigInt(row.pending),
        resultCents: BigInt(row.result),
        newest: row.newest.map((bet) => ({
          eventId: bet.event_id,
          sumCents: bet.sum_cents,
          coefficientHundredths: bet.coefficient_hundredths,
          state: bet.state,
          payoutCents: bet.payout_cents,
          createdAt: isoTime(bet.created_at),
        })),
        bars,
        barMs: row.bar_ms,
        barsUntil: new Date((row.last_bar + 1) * row.bar_ms).toISOString(),
      }
    },
  }
}

/**
 * One walk down the primary key, whatever the size of the table. Bars begin at whole multiples of
 * their width, so that finished bars stay the same from view to view. They are as wide as the bets
 * that were read allow: at 27,000 bets a second these span a fifth of a second, and a wider bar
 * would seem to hold fewer bets than it did.
 */
export function boardRow(sql: Sql) {
  return sql`
    with latest as materialized (
      select id, event_id, sum_cents, coefficient_hundredths, state, payout_cents, created_at,
             case when state = 'PENDING' then 0 else sum_cents - payout_cents end as result_cents
      from bets order by id desc limit ${MAX_LOOKED}::integer
    ), clock as materialized (
      select clock_timestamp() as now
    ), sums as materialized (
      select count(*)::integer as count, coalesce(sum(sum_cents), 0)::text as turnover,
             coalesce(sum(sum_cents) filter (where state = 'PENDING'), 0)::text as pending,
             coalesce(sum(result_cents), 0)::text as result,
             case when count(*) = ${MAX_LOOKED}::integer then min(created_at) end as complete_since
      from latest
    ), scale as materialized (
      select coalesce(max(width.ms) filter (
               where sums.complete_since is null or sums.complete_since
                     <= clock.now - width.ms * ${BARS}::integer * interval '1 millisecond'
             ), min(width.ms)) as bar_ms
      from sums, clock, (
        select value::integer as ms
        from json_array_elements_text(${JSON.stringify(BAR_MS)}::text::json)
      ) width
    ), bars as (
      select floor(extract(epoch from created_at) * 1000 / bar_ms)::bigint as bar,
             sum(sum_cents)::text as turnover, sum(result_cents)::text as result
      from latest, scale group by bar
    ), last as materialized (
      select floor(extract(epoch from now) * 1000 / bar_ms)::bigint as bar from clock, scale
    )
    select clock.now, scale.bar_ms, last.bar as last_bar,
           sums.count, sums.turnover, sums.pending, sums.result,
           (select (extract(epoch from clock.now - fresh_at) * 1000)::double precision
            from feed_position) as feed_age_ms,
           (select coalesce(json_agg(b order by b.bar), '[]') from bars b
            where b.bar > last.bar - ${BARS}::integer and b.bar <= last.bar) as bars,
           (select coalesce(json_agg(n order by n.id desc), '[]') from (
              select id, event_id, sum_cents, coefficient_hundredths, state, payout_cents,
                     created_at
              from latest order by id desc limit ${NEWEST}::integer) n) as newest
    from clock, scale, last, sums`
}
