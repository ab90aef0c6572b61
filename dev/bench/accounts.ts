import { eachOf } from './line.ts'
import { psql } from './load/psql.ts'
import { fillWithBets } from './stored.ts'

const CHUNK = 100_000
const CONCURRENCY = 2
/** Shares no factor with a count of accounts, so that it deals each bet an account of its own. */
const STRIDE = 7_919

/** Opens accounts named `${prefix}-0` and so on, each by a deposit. */
export async function openAccounts(
  databaseUrl: string,
  prefix: string,
  count: number,
  cents: number,
): Promise<void> {
  const open = async (part: number) => {
    const from = part * CHUNK
    const to = Math.min(from + CHUNK, count) - 1
    const insert = `
      with deposited as (
        insert into transfers
          (client, account_id, kind, amount_cents, created_at, idempotency_key)
        select '', '${prefix}-' || n, 'deposit', ${cents}, clock_timestamp(), '${prefix}-' || n
        from generate_series(${from}, ${to}) n
        returning *
      ), opened as (
        insert into accounts (client, account_id, balance_cents, created_at)
        select client, account_id, amount_cents, created_at from deposited
      )
      insert into ledger_entries (client, account_id, kind, counter_account, amount_cents,
                                  balance_cents, transfer_id, at)
      select client, account_id, 'deposit', 'cash', amount_cents, amount_cents, id, created_at
      from deposited`
    await psql(databaseUrl, ['-c', insert])
  }
  await eachOf(Math.ceil(count / CHUNK), open, CONCURRENCY)
  await vacuumAccounts(databaseUrl)
}

/** Stores as many bets as accounts, spread over the events, each paid by an account of its own. */
export async function fillWithPaidBets(
  databaseUrl: string,
  prefix: string,
  count: number,
  events: number,
): Promise<void> {
  await openAccounts(databaseUrl, prefix, count, 1_000)
  const payer = `'${prefix}-' || n::bigint * ${STRIDE} % ${count}`
  await fillWithBets(databaseUrl, count, prefix, events, payer)
  const charge = `
    with charged as (
      update accounts a set balance_cents = a.balance_cents - b.sum_cents
      from bets b
      where b.event_id like '${prefix}-%' and b.client = a.client and b.account_id = a.account_id
      returning b.*, a.balance_cents
    )
    insert into ledger_entries (client, account_id, kind, counter_account, amount_cents,
                                balance_cents, bet_id, at)
    select client, account_id, 'stake', 'book', -sum_cents, balance_cents, id, created_at
    from charged`
  await psql(databaseUrl, ['-c', charge])
  await vacuumAccounts(databaseUrl)
}

export async function vacuumAccounts(databaseUrl: string): Promise<void> {
  await psql(databaseUrl, ['-c', 'vacuum analyze accounts, transfers, ledger_entries'])
}

/** Checks every account's money with `bun run check-ledger`. */
export async function expectLedgerAddsUp(databaseUrl: string): Promise<void> {
  const entry = `${import.meta.dir}/../../bet-maker/src/check-ledger.ts`
  const check = Bun.spawn([process.execPath, entry], {
    env: { PATH: process.env.PATH ?? '', BET_DATABASE_URL: databaseUrl },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const output = await new Response(check.stdout).text()
  if ((await check.exited) !== 0) throw new Error(output)
}
