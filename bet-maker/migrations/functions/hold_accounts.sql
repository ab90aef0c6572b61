-- Locks accounts until the transaction ends, in byte order: the order in which all who lock several
-- do it. Whoever reads a balance to decide something holds the account, and reads it in a later
-- statement: this one's snapshot is older than its locks.
-- Locks come in this order everywhere: the placement barrier, accounts, then keys and bets.
create or replace function hold_accounts(clients text[], account_ids text[]) returns void
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp as $$
begin
  perform from (
    select distinct client collate "C" as client, account_id collate "C" as account_id
    from unnest(clients, account_ids) as named (client, account_id)
    order by client, account_id
  ) n
  cross join lateral (
    select from accounts a where a.client = n.client and a.account_id = n.account_id
    limit 1 for no key update
  ) held;
end $$;
