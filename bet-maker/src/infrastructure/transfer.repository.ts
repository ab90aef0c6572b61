import { isoTime, query, within } from '@bets/platform/postgres/database'
import { runBatchOrSingly } from '@bets/platform/postgres/run-batch'
import { Batcher, type BatchWatch } from '@bets/platform/process/batcher'
import type { Sql } from 'postgres'
import type { TransferOutcome, Transfers } from '../application/account-ports.ts'
import type { Transfer, TransferKind, TransferRequest } from '../domain/account.ts'

const LIMITS = { maxBatch: 500, maxWaiting: 5_000, maxWaitMs: 600, concurrency: 1 }
/** Time for making and explaining together. */
const ANSWER_LIMIT_MS = 2_800

/** Transfers in `bet_db`. Answers within three seconds, whatever the database does. */
export function createTransfers(
  sql: Sql,
  watchBatches?: (name: 'transferring') => BatchWatch,
): Transfers {
  const making = new Batcher<TransferRequest, Transfer | undefined>({
    ...LIMITS,
    watch: watchBatches?.('transferring'),
    run: (requests) => runBatchOrSingly(requests, makeTogether),
  })
  // Batches of their own: a failure while explaining must not fail what was made.
  const explaining = new Batcher<TransferRequest, TransferOutcome>({
    ...LIMITS,
    run: (requests) => runBatchOrSingly(requests, explainTogether),
  })

  /** The transfers that were made, and undefined for the others. */
  async function makeTogether(requests: TransferRequest[]): Promise<(Transfer | undefined)[]> {
    const rows = await query(sql<MadeRow[]>`
      select * from make_transfers(${toJson(requests)}::text)`)
    const made: (Transfer | undefined)[] = new Array(requests.length).fill(undefined)
    for (const { request, id, balance_cents, created_at } of rows) {
      const { accountId, kind, amount } = requests[request] as TransferRequest
      made[request] = {
        id,
        accountId,
        kind,
        amountCents: amount.cents,
        balanceCents: BigInt(balance_cents),
        createdAt: isoTime(created_at),
      }
    }
    return made
  }

  /** The situation of requests that were not made. */
  async function explainTogether(requests: TransferRequest[]): Promise<TransferOutcome[]> {
    const rows = await query(sql<ExplainedRow[]>`
      select * from explain_transfers(${toJson(requests)}::text) order by request`)
    return rows.map((row) => ({
      kind: 'not_made',
      earlier: row.id === null ? undefined : toTransfer(row),
      balanceCents: row.held_cents === null ? undefined : BigInt(row.held_cents),
    }))
  }

  return {
    async make(request) {
      const untilMs = performance.now() + ANSWER_LIMIT_MS
      const transfer = await making.submit(request)
      if (transfer !== undefined) return { kind: 'made', transfer }
      return within(untilMs - performance.now(), explaining.submit(request))
    },
  }
}

interface MadeRow {
  request: number
  id: number
  balance_cents: string
  created_at: string
}

interface TransferRow {
  id: number
  account_id: string
  kind: TransferKind
  amount_cents: number
  balance_cents: string
  created_at: string
}

/** The transfer is null without an earlier one, `held_cents` without the account. */
type ExplainedRow = (TransferRow | { id: null }) & { held_cents: string | null }

function toTransfer(row: TransferRow): Transfer {
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind,
    amountCents: row.amount_cents,
    balanceCents: BigInt(row.balance_cents),
    createdAt: isoTime(row.created_at),
  }
}

/** Requests for the SQL functions, numbered for their answers. */
function toJson(requests: TransferRequest[]): string {
  return JSON.stringify(
    requests.map(({ client, accountId, kind, amount, key }, request) => ({
      request,
      client,
      account_id: accountId,
      kind,
      amount_cents: amount.cents,
      key,
    })),
  )
}
