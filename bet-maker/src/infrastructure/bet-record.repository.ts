import { isoTime, query, within } from '@bets/platform/postgres/database'
import { SingleFlight } from '@bets/platform/process/single-flight'
import { and, eq, sql as expression, getTableColumns, gt, lte } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import type { BetFilter, BetPage, BetRecords } from '../application/ports.ts'
import { type BetRow, toPlacedBet } from './bet-rows.ts'
import { bets, state_changes } from './schema.ts'

/** The most bets that a page filtered by state reads. */
const MAX_LOOKED = 10_000
/** Bets without a client have no index of their own: while tokens are off, every bet is one. */
const ANONYMOUS = ''
/** A caller may wait for one read before its own begins. */
const ANSWER_LIMIT_MS = 2_800
const MAX_BET_ID = '9223372036854775807'

/** Answers within three seconds. Concurrent callers of the same page get the same object. */
export function createBetRecords(sql: Sql): BetRecords {
  const db = drizzle(sql)
  const pages = new SingleFlight<BetPage>()
  return {
    async find(id, client) {
      const rows = await query(
        db
          .select({ ...getTableColumns(bets), change: state_changes })
          .from(bets)
          .leftJoin(
            state_changes,
            and(
              eq(state_changes.event_id, bets.event_id),
              gt(state_changes.version, bets.event_version),
              lte(state_changes.version, bets.applied_version),
            ),
          )
          .where(and(expression`${bets.id} = ${id}::bigint`, eq(bets.client, client)))
          .orderBy(state_changes.version),
      )
      const [row] = rows
      if (row === undefined) return undefined
      const changes = rows.flatMap(({ change }) =>
        change === null
          ? []
          : [
              {
                state: change.state,
                version: change.version,
                at: isoTime(change.at),
                reason: change.reason,
              },
            ],
      )
      return { bet: toPlacedBet(row), changes }
    },

    list(filter, below, limit) {
      const { client, eventId, state } = filter
      const list = state === undefined ? listAll : listInState
      // Many clients read the same page, usually the newest one.
      const key = JSON.stringify([client, eventId, state, below, limit])
      return within(
        ANSWER_LIMIT_MS,
        pages.get(key, () => list(sql, filter, below, limit)),
      )
    },
  }
}

/**
 * The newest bets of a client, or of an event, below an id: a bounded walk down the one index in
 * their order. The conditions are written so that no other index fits: `between` instead of `=`,
 * because an equal key would make another index sort the same way, and `is not distinct from`,
 * which no index supports. Given the choice, the planner walked all bets to find the few of one
 * event, or sorted all bets of the client.
 */
function newest(
  sql: Sql,
  { client, eventId }: BetFilter,
  below: string | undefined,
  limit: number,
) {
  const isBelow = sql`id < ${below ?? MAX_BET_ID}::bigint`
  if (eventId !== undefined)
    return sql`
      select * from bets
      where event_id between ${eventId} and ${eventId} and ${isBelow}
        and client is not distinct from ${client}
      order by event_id desc, id desc limit ${limit}`
  if (client === ANONYMOUS)
    return sql`
      select * from bets where ${isBelow} and client is not distinct from ${client}
      order by id desc limit ${limit}`
  return sql`
    select * from bets where client between ${client} and ${client} and client <> '' and ${isBelow}
    order by client desc, id desc limit ${limit}`
}

async function listAll(
  sql: Sql,
  filter: BetFilter,
  below: string | undefined,
  limit: number,
): Promise<BetPage> {
  const rows = await query(sql<BetRow[]>`${newest(sql, filter, below, limit + 1)}`)
  const items = rows.slice(0, limit)
  return { items: items.map(toPlacedBet), next: rows.length > limit ? lastId(items) : undefined }
}

interface Bound {
  looked: number
  last_looked: number
}

/**
 * No index has the state, so that settling stays a heap-only update. A page reads a bounded number
 * of bets instead.
 */
async function listInState(
  sql: Sql,
  filter: BetFilter,
  below: string | undefined,
  limit: number,
): Promise<BetPage> {
  const rows = await query(sql<(Bound & (BetRow | { id: null }))[]>`
    with looked as materialized (${newest(sql, filter, below, MAX_LOOKED)})
    select bound.looked, bound.last_looked, found.*
    from (select count(*) as looked, min(id) as last_looked from looked) bound
    left join lateral (
      select * from looked where state = ${filter.state ?? null} order by id desc limit ${limit + 1}
    ) found on true
    order by found.id desc`)
  const found = rows.filter((row): row is Bound & BetRow => row.id !== null)
  const items = found.slice(0, limit)
  const { looked, last_looked } = rows[0] as Bound
  const unlooked = looked === MAX_LOOKED ? String(last_looked) : undefined
  return { items: items.map(toPlacedBet), next: found.length > limit ? lastId(items) : unlooked }
}

function lastId(items: readonly { id: number }[]): string | undefined {
  const last = items.at(-1)
  return last && String(last.id)
}
