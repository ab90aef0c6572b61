import type { Pause } from '@bets/domain/pause'
import type { Metrics } from '@bets/platform/metrics/metrics'
import { query } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { EntryKind } from '../domain/account.ts'

/** How much of the table one statement reads: about 60,000 accounts. */
const BLOCKS_AT_ONCE = 1_000
const PAUSE_MS = 60_000
/** The pause is at least so many times as long as adding up, however many accounts there are. */
const PAUSE_FACTOR = 50

/** Counts entries of the ledger once they are written. */
export type CountEntries = (kind: EntryKind, count: number) => void

/** `kinds`: those that this process writes. */
export function meterEntries(metrics: Metrics, kinds: readonly EntryKind[]): CountEntries {
  const entries = metrics.counter(
    'bets_ledger_entries_total',
    'Entries that this process has written to the ledger of the accounts.',
    ['kind'],
  )
  for (const kind of kinds) entries.inc({ kind }, 0)
  return (kind, count) => entries.inc({ kind }, count)
}

interface Totals {
  accounts: number
  balanceCents: bigint
  belowZero: number
}

/**
 * Shows what all accounts hold. The returned function adds it up, apart from scrapes and part by
 * part, so that no statement takes long. So it is not of one moment, and an account that an update
 * moves to another part meanwhile may count twice or not at all. Absent until that is done, and
 * after it has failed.
 */
export function meterAccounts(
  metrics: Metrics,
  sql: Sql,
  blocksAtOnce = BLOCKS_AT_ONCE,
): (stop?: AbortSignal) => Promise<Pause> {
  let totals: Totals | undefined
  metrics.gauge('bets_accounts', 'Accounts, up to a few minutes ago.', () => totals?.accounts)
  metrics.gauge(
    'bets_accounts_balance_cents',
    'The money in all accounts, in cents, up to a few minutes ago.',
    () => totals && Number(totals.balanceCents),
  )
  metrics.gauge(
    'bets_accounts_below_zero',
    'Accounts with a balance below zero, up to a few minutes ago.',
    () => totals?.belowZero,
  )
  return async (stop) => {
    const startedMs = performance.now()
    try {
      totals = await addUp(sql, blocksAtOnce, stop)
    } catch (error) {
      totals = undefined
      throw error
    }
    return { waitMs: Math.max(PAUSE_MS, PAUSE_FACTOR * (performance.now() - startedMs)) }
  }
}

async function addUp(sql: Sql, blocksAtOnce: number, stop?: AbortSignal): Promise<Totals> {
  const totals: Totals = { accounts: 0, balanceCents: 0n, belowZero: 0 }
  const [{ blocks }] = await query(sql<[{ blocks: number }]>`
    select pg_relation_size('accounts') / current_setting('block_size')::bigint as blocks`)
  for (let block = 0; block < blocks; block += blocksAtOnce) {
    stop?.throwIfAborted()
    // In the order on disk, which takes a tenth of the time of that by key.
    const [part] = await query(sql<[PartRow]>`
      select count(*)::integer as accounts, coalesce(sum(balance_cents), 0) as balance_cents,
             (count(*) filter (where balance_cents < 0))::integer as below_zero
      from accounts
      where ctid >= ${`(${block},0)`}::text::tid
        and ctid < ${`(${block + blocksAtOnce},0)`}::text::tid`)
    totals.accounts += part.accounts
    totals.balanceCents += BigInt(part.balance_cents)
    totals.belowZero += part.below_zero
  }
  return totals
}

interface PartRow {
  accounts: number
  balance_cents: string
  below_zero: number
}
