-- Why requests (as for make_transfers) were not made, as things stand now: the transfer that has
-- the key, if any, with the balance after it; and what the account holds. A null balance: the
-- client has no such account. Read-only.
create or replace function explain_transfers(requests text)
returns table (
  request integer, id bigint, account_id text, kind text, amount_cents bigint,
  balance_cents numeric, created_at timestamptz, held_cents numeric
) language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
begin
  return query
  select r.request, t.id, t.account_id, t.kind, t.amount_cents, t.after_it, t.created_at, a.held
  from json_to_recordset(requests::json) as r (
    request integer, client text, account_id text, key text
  )
  left join lateral (
    select made.*, (
      select e.balance_cents from ledger_entries e where e.transfer_id = made.id limit 1
    ) as after_it
    from transfers made
    where made.client = r.client collate "C" and made.idempotency_key = r.key collate "C" limit 1
  ) t on true
  left join lateral (
    select x.balance_cents as held from accounts x
    where x.client = r.client collate "C" and x.account_id = r.account_id collate "C" limit 1
  ) a on true;
end $$;
