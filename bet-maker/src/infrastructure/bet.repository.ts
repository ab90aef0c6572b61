import { Bet } from '@bets/domain/bet'
import { Coefficient } from '@bets/domain/coefficient'
import { isoTime, query, within } from '@bets/platform/postgres/database'
import { runBatchOrSingly } from '@bets/platform/postgres/run-batch'
import { Batcher, type BatchWatch } from '@bets/platform/process/batcher'
import type { Sql } from 'postgres'
import type { Bets, Placement } from '../application/ports.ts'
import type { BetRequest, JudgedEvent, Refusal } from '../domain/bet-request.ts'
import type { Limits } from '../domain/limits.ts'
import type { PlacedBet } from '../domain/placed-bet.ts'
import { type BetRow, toPlacedBet, toRequest } from './bet-rows.ts'

/** Two, so that one batch can run while another waits for its commit to reach the disk. */
const STATEMENTS_AT_ONCE = 2
/** Together with a statement's time limit this bounds an answer to three seconds. */
const MAX_WAIT_MS = 600
/** Time for placing and explaining together. */
const ANSWER_LIMIT_MS = 2_800

export interface BetOptions {
  /** The age up to which the feed counts as fresh. */
  feedMaxAgeMs: number
  limits: Limits
  /** The most bets in one statement. */
  batchMax: number
  /** The most bets in the queue. */
  queueMax: number
  /** Observes each of the two kinds of batches. */
  watchBatches?(name: 'placing' | 'explaining'): BatchWatch
}

/** Bets in `bet_db`. Answers within three seconds, whatever the database does. */
export function createBets(sql: Sql, options: BetOptions): Bets {
  const { feedMaxAgeMs, batchMax, queueMax } = options
  const { maxStakeCents = null, maxPayoutCents = null } = options.limits
  const limits = {
    maxBatch: batchMax,
    maxWaiting: queueMax,
    maxWaitMs: MAX_WAIT_MS,
    concurrency: STATEMENTS_AT_ONCE,
  }
  const placing = new Batcher<BetRequest, PlacedBet | undefined>({
    ...limits,
    watch: options.watchBatches?.('placing'),
    run: (requests) => runBatchOrSingly(requests, placeTogether),
  })
  // Batches of their own: a failure while explaining some bets must not fail those that were placed
  // with them. A client that sent these again without a key would place them twice.
  const explaining = new Batcher<BetRequest, Placement>({
    ...limits,
    watch: options.watchBatches?.('explaining'),
    run: (requests) => runBatchOrSingly(requests, explainTogether),
  })

  /** The bets that were placed, and undefined for the others. */
  async function placeTogether(requests: BetRequest[]): Promise<(PlacedBet | undefined)[]> {
    const placed: (PlacedBet | undefined)[] = new Array(requests.length).fill(undefined)
    // As one row: the driver's work per row and column costs more than everything else here.
    const [{ inserted, created_at }] = await query(sql<[InsertedBets]>`
      select json_agg(json_build_array(request, id, coefficient_hundredths, event_version))
               as inserted,
             max(created_at) as created_at
      from place_bets(${toJson(requests)}::text, ${feedMaxAgeMs}::integer,
                      ${maxStakeCents}::bigint, ${maxPayoutCents}::bigint)`)
    if (inserted === null) return placed
    const createdAt = isoTime(created_at)
    for (const [request, ...bet] of inserted)
      placed[request] = justPlaced(requests[request] as BetRequest, bet, createdAt)
    return placed
  }

  /** The situation of requests that were not placed. */
  async function explainTogether(requests: BetRequest[]): Promise<Placement[]> {
    const rows = await query(sql<ExplanationRow[]>`
      select * from explain_refusals(${toJson(requests)}::text, ${feedMaxAgeMs}::integer)
      order by request`)
    const earlier = await findByIds(rows.flatMap(({ bet_id }) => bet_id ?? []))
    return rows.map((row) => {
      const bet = earlier.get(row.bet_id ?? 0)
      return {
        kind: 'not_placed',
        earlier: bet && { bet: toPlacedBet(bet), request: toRequest(bet) },
        feedFresh: row.fresh,
        event: toJudgedEvent(row),
        balanceCents: row.balance_cents === null ? undefined : BigInt(row.balance_cents),
      }
    })
  }

  async function findByIds(ids: number[]): Promise<Map<number, BetRow>> {
    if (ids.length === 0) return new Map()
    const rows = await query(sql<BetRow[]>`
      select bets.* from json_array_elements_text(${JSON.stringify(ids)}::text::json) wanted
      cross join lateral (select * from bets where id = wanted.value::bigint limit 1) bets`)
    return new Map(rows.map((row) => [row.id, row]))
  }

  return {
    async place(request) {
      const untilMs = performance.now() + ANSWER_LIMIT_MS
      const bet = await placing.submit(request)
      if (bet !== undefined) return { kind: 'placed', bet }
      return within(untilMs - performance.now(), explaining.submit(request))
    },
  }
}

type InsertedBet = [id: number, coefficientHundredths: number, eventVersion: number]

/**
 * The bets that a batch placed, each after the number of its request. Nulls when there are none.
 */
type InsertedBets =
  | { inserted: [request: number, ...InsertedBet][]; created_at: string }
  | { inserted: null; created_at: null }

/** `refusal`, coefficient and version are null for an unknown event. */
interface ExplanationRow {
  request: number
  bet_id: number | null
  fresh: boolean
  refusal: Refusal | null
  coefficient_hundredths: number | null
  version: number | null
  /** Null without an account. */
  balance_cents: string | null
}

/**
 * Requests for the SQL functions, numbered for their answers. JSON text is cheaper for driver and
 * server than an array per column.
 */
function toJson(requests: BetRequest[]): string {
  return JSON.stringify(
    requests.map(({ eventId, sum, seen, acceptOdds, client, accountId, key }, request) => ({
      request,
      event_id: eventId,
      sum_cents: sum.cents,
      seen: seen?.hundredths,
      accept_odds: acceptOdds,
      client,
      account_id: accountId,
      key,
    })),
  )
}

function justPlaced(request: BetRequest, bet: InsertedBet, createdAt: string): PlacedBet {
  const [id, coefficientHundredths, eventVersion] = bet
  return {
    id,
    eventId: request.eventId,
    accountId: request.accountId ?? null,
    bet: new Bet(request.sum, Coefficient.fromHundredths(coefficientHundredths)),
    eventVersion,
    state: 'PENDING',
    payoutCents: null,
    createdAt,
    settledAt: null,
  }
}

function toJudgedEvent(row: ExplanationRow): JudgedEvent | undefined {
  const { refusal, coefficient_hundredths, version } = row
  if (coefficient_hundredths === null || version === null) return undefined
  const coefficient = Coefficient.fromHundredths(coefficient_hundredths)
  return { refusal: refusal ?? undefined, coefficient, version }
}
