-- Locks the accounts that requests for bets name, and returns the numbers of the requests that fit
-- their balances, counting the earlier requests of the same account in this batch as taken. They
-- may be refused yet, so this may turn away too many; they are tried again.
-- requests: as for place_bets.
-- A lock is waited for no longer than a second (SQLSTATE 55P03), so that one stuck session holds up
-- few others.
create or replace function hold_stakes(requests text) returns integer[]
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
set lock_timeout = '1s' as $$
begin
  perform hold_accounts(array_agg(r.client), array_agg(r.account_id))
  from json_to_recordset(requests::json) as r (client text, account_id text)
  where r.account_id is not null;

  return array(
    select w.request from (
      select r.request, r.client, r.account_id, sum(r.sum_cents) over (
        partition by r.client collate "C", r.account_id collate "C" order by r.request
      ) as staked
      from json_to_recordset(requests::json) as r (
        request integer, sum_cents bigint, client text, account_id text
      )
      where r.account_id is not null
    ) w
    cross join lateral (
      select from accounts a
      where a.client = w.client collate "C" and a.account_id = w.account_id collate "C"
        and a.balance_cents >= w.staked
      limit 1
    ) affordable
  );
end $$;
