import type { Sql } from 'postgres'

/** How many faults of one rule are told. */
const MAX_TOLD = 20

/** A broken rule: where, and what the figures are. */
export interface LedgerFault {
  client: string
  accountId: string
  found: string
}

interface Rule {
  /** What must hold. */
  holds: string
  /** Selects `client`, `account_id` and `found` of what breaks it. */
  broken(sql: Sql): ReturnType<Sql>
}

const RULES: readonly Rule[] = [
  {
    holds: "each entry's balance is the one before plus its amount",
    broken: (sql) => sql`
      select client, account_id,
             format('entry %s: %s after %s and a movement of %s', id, balance_cents, before,
                    amount_cents) as found
      from (
        select client, account_id, id, amount_cents, balance_cents,
               lag(balance_cents, 1, 0::numeric) over (
                 partition by client, account_id order by id
               ) as before
        from ledger_entries
      ) e
      where balance_cents <> before + amount_cents`,
  },
  {
    holds: "each account's balance is the sum of its entries",
    broken: (sql) => sql`
      select coalesce(a.client, e.client) as client,
             coalesce(a.account_id, e.account_id) as account_id,
             format('it holds %s, its entries come to %s', a.balance_cents, e.total) as found
      from accounts a
      full join (
        select client, account_id, sum(amount_cents) as total from ledger_entries
        group by client, account_id
      ) e on e.client = a.client and e.account_id = a.account_id
      where a.balance_cents is distinct from e.total`,
  },
  {
    holds: 'each transfer has one entry of its amount',
    broken: (sql) => sql`
      select coalesce(t.client, e.client) as client,
             coalesce(t.account_id, e.account_id) as account_id,
             format('transfer %s of %s: entry of %s', coalesce(t.id, e.transfer_id),
                    t.amount, e.amount_cents) as found
      from (
        select *, case kind when 'deposit' then amount_cents else -amount_cents end as amount
        from transfers
      ) t
      full join (select * from ledger_entries where transfer_id is not null) e
        on e.transfer_id = t.id
      where (t.client, t.account_id, t.kind, t.amount)
        is distinct from (e.client, e.account_id, e.kind, e.amount_cents)`,
  },
  {
    holds: 'each bet has one entry of its stake, and the others come to its payout',
    broken: (sql) => sql`
      select coalesce(b.client, e.client) as client,
             coalesce(b.account_id, e.account_id) as account_id,
             format('bet %s of %s pays %s: %s stakes of %s, others of %s',
                    coalesce(b.id, e.bet_id), b.sum_cents, b.paid, e.stakes, e.staked, e.moved)
               as found
      from (
        select *, coalesce(payout_cents, 0) as paid from bets where account_id is not null
      ) b
      full join (
        select bet_id, client, account_id, count(*) filter (where kind = 'stake') as stakes,
               coalesce(sum(amount_cents) filter (where kind = 'stake'), 0) as staked,
               coalesce(sum(amount_cents) filter (where kind <> 'stake'), 0) as moved
        from ledger_entries where bet_id is not null group by bet_id, client, account_id
      ) e on e.bet_id = b.id and e.client = b.client and e.account_id = b.account_id
      where (e.stakes, e.staked, e.moved) is distinct from (1, -b.sum_cents, b.paid)`,
  },
  {
    holds: 'no stake and no withdrawal took more than there was',
    broken: (sql) => sql`
      select client, account_id,
             format('entry %s: a %s of %s left %s', id, kind, amount_cents, balance_cents) as found
      from ledger_entries
      where balance_cents < 0 and kind in ('stake', 'withdrawal')`,
  },
]

/**
 * Checks every rule of the ledger in one snapshot of the database, changing nothing. Tells of each
 * rule when it begins and, with its faults, at most 20, when it is done. Returns how many rules are
 * broken.
 */
export async function checkLedger(
  sql: Sql,
  onDone: (holds: string, faults: readonly LedgerFault[]) => void,
  onBegin: (holds: string) => void = () => {},
): Promise<number> {
  const snapshot = await sql.reserve()
  try {
    await snapshot`begin isolation level repeatable read, read only`
    let broken = 0
    for (const rule of RULES) {
      onBegin(rule.holds)
      const rows = await snapshot<{ client: string; account_id: string; found: string }[]>`
        ${rule.broken(snapshot)} order by client, account_id limit ${MAX_TOLD}`
      if (rows.length > 0) broken++
      onDone(
        rule.holds,
        rows.map(({ client, account_id, found }) => ({ client, accountId: account_id, found })),
      )
    }
    return broken
  } finally {
    // A lost connection has ended it already, and its error is told.
    await snapshot`rollback`.catch(() => {})
    snapshot.release()
  }
}
