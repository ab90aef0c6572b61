-- Makes deposits and withdrawals. The first deposit opens the account. A withdrawal is made if the
-- balance pays for it and for the withdrawals from the same account before it in this batch;
-- deposits of the same batch do not count yet. Returns what was made, by request number;
-- explain_transfers tells of the others.
-- requests: a JSON array of {request, client, account_id, kind, amount_cents, key}, each with an
-- idempotency key.
-- Locks as place_bets does: the barrier, whose stuck holders are ended, accounts, then keys. An
-- account that does not exist yet counts as one of them: another opening waits for it.
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
begin
  perform pg_advisory_xact_lock_shared(placement_barrier());
  moment := clock_timestamp();

  with wanted as (
    select distinct r.client collate "C" as client, r.account_id collate "C" as account_id
    from json_to_recordset(requests::json) as r (
      client text, account_id text, kind text, key text
    )
    where r.kind = 'deposit' and not exists (
      select from transfers t
      where t.client = r.client collate "C" and t.idempotency_key = r.key collate "C"
    )
  ), opening as (
    insert into accounts (client, account_id, balance_cents, created_at)
    select client, account_id, 0, moment from wanted order by client, account_id
    on conflict do nothing returning client, account_id
  )
  select json_agg(o) into opened from opening o;

  return query
  with wanted as materialized (
    select r.request, r.kind, r.amount_cents, r.client collate "C" as client,
           r.account_id collate "C" as account_id, r.key collate "C" as key
    from json_to_recordset(requests::json) as r (
      request integer, client text, account_id text, kind text, amount_cents bigint, key text
    )
  ), held as materialized (
    select a.client, a.account_id, a.balance_cents
    from (select distinct client, account_id from wanted order by client, account_id) w
    cross join lateral (
      select * from accounts a
      where a.client = w.client and a.account_id = w.account_id for no key update
    ) a
  ), fitting as (
    select w.*, h.balance_cents - sum(w.amount_cents) filter (where w.kind = 'withdrawal') over (
      partition by w.client, w.account_id order by w.request
    ) as rest
    from wanted w join held h on h.client = w.client and h.account_id = w.account_id
  ), numbered as materialized (
    select nextval('transfers_id_seq') as id, f.* from fitting f
    where f.kind = 'deposit' or (f.kind = 'withdrawal' and f.rest >= 0)
  ), made as (
    insert into transfers
      (id, client, account_id, kind, amount_cents, created_at, idempotency_key)
    select n.id, n.client, n.account_id, n.kind, n.amount_cents, moment, n.key
    from numbered n order by n.client, n.key
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
  delete from accounts a
  using json_to_recordset(opened) as o (client text, account_id text)
  where a.client = o.client collate "C" and a.account_id = o.account_id collate "C"
    and not exists (
      select from ledger_entries e where e.client = a.client and e.account_id = a.account_id
    );
end $$;
