-- Locks the accounts that requests for bets name, and returns the numbers of the requests that fit
-- their balances, counting the earlier requests of the same account in this batch as taken. They
-- may be refused yet, so this may turn away too many; they are tried again.
-- requests: as for place_bets.
-- The locks come in byte order, as everywhere, and before those of keys and bets. They are waited
-- for no longer than a second (SQLSTATE 55P03), so that one stuck session holds up few others.
create or replace function hold_stakes(requests text) returns integer[]
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
set lock_timeout = '1s' as $$
begin
  return array(
    with wanted as materialized (
      select r.request, r.sum_cents, r.client collate "C" as client,
             r.account_id collate "C" as account_id
      from json_to_recordset(requests::json) as r (
        request integer, sum_cents bigint, client text, account_id text
      )
      where r.account_id is not null
    ), held as materialized (
      select a.client, a.account_id, a.balance_cents
      from (select distinct client, account_id from wanted order by client, account_id) w
      cross join lateral (
        select * from accounts a
        where a.client = w.client and a.account_id = w.account_id for no key update
      ) a
    )
    select request from (
      select w.request, h.balance_cents - sum(w.sum_cents) over (
        partition by w.client, w.account_id order by w.request
      ) as rest
      from wanted w join held h on h.client = w.client and h.account_id = w.account_id
    ) fitting
    where rest >= 0
  );
end $$;
