-- Pays the accounts for what one chunk of settling is about to change (settle_chunk): each gets the
-- difference between a bet's payout and the one before. Returns how many bets with an account will
-- be changed, and how many entries of each kind were written.
-- ranges: see settling_ranges. The caller holds the events, so that no other worker pays for the
-- same bets.
create or replace function pay_accounts(ranges json, moment timestamptz)
returns table (bets bigint, payouts bigint, refunds bigint, corrections bigint)
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  paid record;
begin
  select count(*) as bets,
         count(*) filter (where kind = 'payout' and amount <> 0) as payouts,
         count(*) filter (where kind = 'refund' and amount <> 0) as refunds,
         count(*) filter (where kind = 'correction' and amount <> 0) as corrections,
         array_agg(client) filter (where amount <> 0) as clients,
         array_agg(account_id) filter (where amount <> 0) as accounts,
         array_agg(kind) filter (where amount <> 0) as kinds,
         array_agg(amount) filter (where amount <> 0) as amounts,
         array_agg(id) filter (where amount <> 0) as subjects,
         array_agg(state_version) filter (where amount <> 0) as versions
  into paid from (
    select b.id, b.client, b.account_id, e.state_version,
           coalesce(s.payout_cents, 0) - coalesce(b.payout_cents, 0) as amount,
           case
             when b.state <> 'PENDING' then 'correction'
             when s.state = 'VOID' then 'refund'
             else 'payout'
           end as kind
    from json_to_recordset(ranges) as r (
      event_id text, beyond bigint, upto bigint, charged boolean
    )
    cross join lateral (
      select * from line_events le where le.event_id = r.event_id collate "C" limit 1
    ) e
    cross join lateral (
      select * from bets
      where bets.event_id = r.event_id collate "C" and bets.id > r.beyond and bets.id <= r.upto
        and bets.applied_version < e.state_version and bets.account_id is not null
      order by bets.event_id, bets.id
    ) b
    cross join lateral settlement(
      b.sum_cents, b.coefficient_hundredths,
      void_reason(b.created_at, e.void_after, e.void_until, e.unknown_until), e.state
    ) s
    where r.charged
  ) changed;
  perform post_entries(paid.clients, paid.accounts, paid.kinds, paid.amounts, paid.subjects,
                       paid.versions, moment);
  return query select paid.bets, paid.payouts, paid.refunds, paid.corrections;
end $$;
