-- Locks the accounts that requests want to move money of, until the transaction ends, and returns
-- the numbers of the requests whose accounts are held and can pay. An account pays for a request if
-- its balance covers that one and the earlier ones of the same account in this batch. These may be
-- refused yet, so this may turn away too many; they are tried again.
-- The arrays have one element per request. takes: the cents that it takes out, null when it takes
-- nothing.
-- The locks come in byte order, as all who lock several accounts take them, and after the placement
-- barrier. They are waited for no longer than lock_timeout; then requests of accounts that somebody
-- else holds are turned away, and the others go on: one stuck session must not stall strangers.
create or replace function hold_accounts(
  requests integer[], clients text[], account_ids text[], takes bigint[]
) returns integer[] language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
set lock_timeout = '300ms' as $$
begin
  return array(
    select r.request from (
      select client collate "C" as client, account_id collate "C" as account_id,
             array_agg(request order by request) as requests,
             array_agg(cents order by request) as takes
      from unnest(requests, clients, account_ids, takes) as g (request, client, account_id, cents)
      group by 1, 2 order by 1, 2
    ) n
    -- The balance is that of the locked row, although this statement is older than its lock.
    cross join lateral (
      select a.balance_cents from accounts a
      where a.client = n.client and a.account_id = n.account_id
      limit 1 for no key update
    ) held
    cross join lateral (
      select request, cents, sum(cents) over (order by request) as taken
      from unnest(n.requests, n.takes) as g (request, cents)
    ) r
    where r.cents is null or held.balance_cents >= r.taken
  );
exception when lock_not_available then
  -- Nothing is held now. Those that are free are, after this, and need not be waited for.
  select array_agg(request), array_agg(client), array_agg(account_id), array_agg(cents)
  into requests, clients, account_ids, takes
  from unnest(requests, clients, account_ids, takes) as g (request, client, account_id, cents)
  cross join lateral (
    select from accounts a
    where a.client = g.client collate "C" and a.account_id = g.account_id collate "C"
    limit 1 for no key update skip locked
  ) free;
  return hold_accounts(requests, clients, account_ids, takes);
end $$;
