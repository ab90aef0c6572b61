-- Locks the accounts that paid for the bets of a chunk (settling_ranges), all at once and before
-- any of its bets: a bet that is placed again waits for the row that has its key, so settling a bet
-- and then waiting for an account could end in a deadlock with it.
create or replace function hold_settled_accounts(ranges json) returns void
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
begin
  perform hold_accounts(array_agg(b.client), array_agg(b.account_id))
  from json_to_recordset(ranges) as r (
    event_id text, beyond bigint, upto bigint, charged boolean
  )
  cross join lateral (
    select bets.client, bets.account_id from bets
    where bets.event_id = r.event_id collate "C" and bets.id > r.beyond and bets.id <= r.upto
      and bets.account_id is not null
    order by bets.event_id, bets.id
  ) b
  where r.charged;
end $$;
