import { isoTime, query, within } from '@bets/platform/postgres/database'
import { readQueueOf } from '@bets/platform/postgres/read-queue'
import { SingleFlight } from '@bets/platform/process/single-flight'
import { and, desc, eq, sql as expression, getTableColumns, gt, lte } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import type { BetFilter, BetPage, BetRecords } from '../application/ports.ts'
import type { VoidReason } from '../domain/placed-bet.ts'
import { type BetRow, toPlacedBet } from './bet-rows.ts'
import { bets, state_changes } from './schema.ts'

/** The most bets that a page looks at, whoever they belong to. */
const MAX_LOOKED = 10_000
/** The most changes of state in the history of a bet. */
const MAX_CHANGES = 1_000
/** Bets without a client have no index of their own: while tokens are off, every bet is one. */
const ANONYMOUS = ''
/**
 * When the line had refuted a result before the bet was placed, neither is any of the bet's, though
 * their versions may lie above the one that the bet was placed at.
 */
const reopened = expression`(
  select later.version from ${state_changes} later
  where later.event_id = ${bets.event_id} and later.line_version is not null
    and later.state = 'NEW' and later.at < ${bets.created_at}
  order by later.event_id desc, later.version desc limit 1)`
/** A caller may wait for one read before its own begins. */
const ANSWER_LIMIT_MS = 2_800
const MAX_BET_ID = '9223372036854775807'

/**
 * Answers within three seconds. Concurrent callers of the same page get the same object. Clients
 * take turns, and leave half of the pool to bets.
 */
export function createBetRecords(sql: Sql): BetRecords {
  const db = drizzle(sql)
  const pages = new SingleFlight<BetPage>()
  const reads = readQueueOf(sql)
  return {
    async find(id, client) {
      // The latest, in the order of their index, so that no more of them are read.
      const changes = db
        .select()
        .from(state_changes)
        .where(
          and(
            eq(state_changes.event_id, bets.event_id),
            gt(state_changes.version, expression`greatest(${bets.event_version}, ${reopened})`),
            lte(state_changes.version, bets.applied_version),
          ),
        )
        .orderBy(desc(state_changes.event_id), desc(state_changes.version))
        .limit(MAX_CHANGES)
        .as('changes')
      const { state, version, line_version, at, reason } = changes
      // The rule that settling goes by.
      const voidReason = expression<VoidReason | null>`void_reason(
        ${bets.created_at}, ${changes.void_after}, ${changes.void_until},
        ${changes.unknown_until})`
      const found = db
        .select({
          ...getTableColumns(bets),
          change: { state, version, line_version, at, reason, voidReason },
        })
        .from(bets)
        .leftJoinLateral(changes, expression`true`)
        .where(and(expression`${bets.id} = ${id}::bigint`, eq(bets.client, client)))
        .orderBy(version)
      const rows = await reads.run(client, () => query(found))
      const [row] = rows
      if (row === undefined) return undefined
      return {
        bet: toPlacedBet(row),
        changes: rows.flatMap(({ change }) =>
          change === null
            ? []
            : [
                {
                  ...change,
                  version: change.line_version ?? change.version,
                  at: isoTime(change.at),
                },
              ],
        ),
      }
    },

    list(filter, below, limit) {
      const { client, eventId, state } = filter
      // Many clients read the same page, usually the newest one.
      const key = JSON.stringify([client, eventId, state, below, limit])
      const read = () => reads.run(client, () => readPage(sql, filter, below, limit))
      return within(ANSWER_LIMIT_MS, pages.get(key, read))
    },
  }
}

/**
 * The bets among which a filter finds its own, below an id, and the one index in whose order they
 * are. The conditions are written so that no other index fits: `between` instead of `=`, because an
 * equal key would make another index sort the same way. Given the choice, the planner walked all
 * bets to find the few of one event, or sorted all bets of the client.
 */
function walk(sql: Sql, { client, eventId }: BetFilter, below = MAX_BET_ID) {
  const isBelow = sql`id < ${below}::bigint`
  if (eventId !== undefined)
    return {
      range: sql`event_id between ${eventId} and ${eventId} and ${isBelow}`,
      order: sql`event_id desc, id desc`,
    }
  if (client === ANONYMOUS) return { range: isBelow, order: sql`id desc` }
  return {
    range: sql`client between ${client} and ${client} and client <> '' and ${isBelow}`,
    order: sql`client desc, id desc`,
  }
}

/**
 * Looks at a bounded number of bets, whoever they belong to, and picks those that the filter wants.
 * It stops when the page is full, so nothing is read in vain. Otherwise the last bet that it may
 * look at comes along, wanted or not, because the next page begins below it.
 */
async function readPage(
  sql: Sql,
  filter: BetFilter,
  below: string | undefined,
  limit: number,
): Promise<BetPage> {
  const { range, order } = walk(sql, filter, below)
  const state = filter.state ?? null
  const rows = await query(sql<(BetRow & { place: number; wanted: boolean })[]>`
    select * from (
      select *, client = ${filter.client} and (${state}::text is null or state = ${state})
        as wanted
      from (
        select *, row_number() over (order by ${order}) as place
        from bets where ${range} order by ${order} limit ${MAX_LOOKED}
      ) looked
    ) judged
    where wanted or place = ${MAX_LOOKED} order by ${order} limit ${limit + 1}`)
  const wanted = rows.filter((row) => row.wanted)
  const items = wanted.slice(0, limit)
  const last = wanted.length > limit ? items.at(-1) : rows.at(-1)
  const isMore = wanted.length > limit || last?.place === MAX_LOOKED
  return { items: items.map(toPlacedBet), next: isMore ? String(last?.id) : undefined }
}
