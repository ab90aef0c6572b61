-- Makes deposits and withdrawals. The first deposit opens the account. A withdrawal is made if the
-- balance pays for it and for the withdrawals from the same account before it in this batch;
-- deposits of the same batch do not count yet. Returns what was made, by request number;
-- explain_transfers tells of the others.
-- requests: a JSON array of {request, client, account_id, kind, amount_cents, key}, each with an
-- idempotency key.
-- Locks as place_bets does: the barrier, whose stuck holders are ended, accounts, then keys. A new
-- account is opened before its key is taken, so that another opening waits for it.
create or replace function make_transfers(requests text)
returns table (request integer, id bigint, balance_cents numeric, created_at timestamptz)
language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
set lock_timeout = '1s'
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  moment timestamptz;
  opened json;
  payable integer[];
begin
  perform pg_advisory_xact_lock_shared(placement_barrier());

  with wanted as (
    select distinct r.client collate "C" as client, r.account_id collate "C" as account_id
    from json_to_recordset(requests::json) as r (
      client text, account_id text, kind text, key text
    )
    -- `limit 1` has the planner use the key, as it need not with `not exists`.
    where r.kind = 'deposit' and (
      select t.id from transfers t
      where t.client = r.client collate "C" and t.idempotency_key = r.key collate "C" limit 1
    ) is null
  ), opening as (
    insert into accounts (client, account_id, balance_cents, created_at)
    select client, account_id, 0, clock_timestamp() from wanted order by client, account_id
    on conflict do nothing returning client, account_id
  )
  select json_agg(o) into opened from opening o;

  select hold_accounts(
    array_agg(r.request), array_agg(r.client), array_agg(r.account_id),
    array_agg(case r.kind when 'withdrawal' then r.amount_cents end)
  ) into payable
  from json_to_recordset(requests::json) as r (
    request integer, client text, account_id text, kind text, amount_cents bigint
  );
  -- After the locks, so that an account's entries are in the order of their times.
  moment := clock_timestamp();

  return query
  with numbered as materialized (
    select nextval('transfers_id_seq') as id, r.*
    from json_to_recordset(requests::json) as r (
      request integer, client text, account_id text, kind text, amount_cents bigint, key text
    )
    where r.request = any (payable)
  ), made as (
    insert into transfers
      (id, client, account_id, kind, amount_cents, created_at, idempotency_key)
    select n.id, n.client, n.account_id, n.kind, n.amount_cents, moment, n.key
    from numbered n order by n.client collate "C", n.key collate "C"
    on conflict (client, idempotency_key) do nothing
    returning transfers.*
  ), posted as (
    select p.* from (
      select array_agg(client) as clients, array_agg(account_id) as account_ids,
             array_agg(kind) as kinds,
             array_agg(case kind when 'deposit' then amount_cents else -amount_cents end)
               as amounts,
             array_agg(id) as transfers, array_agg(null::bigint) as versions
      from (select * from made order by id) m
    ) t cross join lateral
      post_entries(clients, account_ids, kinds, amounts, transfers, versions, moment) p
  )
  select n.request, n.id, p.balance_cents, moment
  from posted p join numbered n on n.id = p.subject;

  -- Nothing is deposited when another request used the key at the same time.
  delete from accounts where ctid = any (array(
    select a.ctid from json_to_recordset(opened) as o (client text, account_id text)
    cross join lateral (
      select accounts.ctid from accounts
      where accounts.client = o.client collate "C"
        and accounts.account_id = o.account_id collate "C"
        and (
          select e.id from ledger_entries e
          where e.client = accounts.client and e.account_id = accounts.account_id limit 1
        ) is null
      limit 1
    ) a
  ));
end $$;
