-- Places bets: those that their event does not refuse (bet_refusal), within the house's limits
-- (max_stake), while the feed is fresh. The accounts that they name pay for them.
-- Returns what was inserted, by request number; explain_refusals tells of the others.
-- requests: a JSON array of {request, event_id, sum_cents, seen, accept_odds, client, account_id,
-- key}; `seen` is the coefficient that the bettor saw, in hundredths, or null; `account_id` is the
-- account that pays the stake, or null; `key` is the idempotency key or null.
-- Locks come in this order everywhere: the placement barrier, then accounts in byte order, then
-- idempotency keys and bets.
-- jit is off: a plan whose cost looks large, and every plan's does while scans are forbidden, would
-- be compiled for 200 ms.
-- A function, because inside a VOLATILE function each statement has a snapshot of its own: the
-- insert must see what was committed before the lock was granted. In one plain statement the
-- snapshot would be older than the lock.
create or replace function place_bets(
  requests text, feed_max_age_ms integer,
  -- Not given by processes of the version before.
  max_stake_cents bigint default null, max_payout_cents bigint default null
)
returns table (
  request integer, id bigint, coefficient_hundredths integer, event_version bigint,
  created_at timestamptz
) language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  affordable integer[];
  moment timestamptz;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise 'place_bets needs READ COMMITTED, this is %', current_setting('transaction_isolation');
  end if;
  perform pg_advisory_xact_lock_shared(placement_barrier());
  -- Quotes inside a value are escaped, so this is the field. Without it nothing is spent on
  -- accounts.
  if requests like '%"account_id":"%' then
    select hold_accounts(
      array_agg(r.request), array_agg(r.client), array_agg(r.account_id), array_agg(r.sum_cents)
    ) into affordable
    from json_to_recordset(requests::json) as r (
      request integer, client text, account_id text, sum_cents bigint
    )
    where r.account_id is not null;
  end if;
  -- The clock is read once, after the locks, for deadline, freshness and created_at alike.
  moment := clock_timestamp();
  return query
  with acceptable as (
    select r.*, e.coefficient_hundredths, e.version, e.state_version
    from json_to_recordset(requests::json) as r (
      request integer, event_id text, sum_cents bigint, seen integer, accept_odds text,
      client text, account_id text, key text
    )
    -- `limit 1` makes the planner look each event up by its key, whatever it believes about the
    -- sizes of the tables. All conditions are in here, because the planner expects a third of the
    -- rows after each one outside, and would soon join the rows that are left each with each.
    cross join lateral (
      select le.coefficient_hundredths, le.version, le.state_version from line_events le
      where le.event_id = r.event_id collate "C"
        and bet_refusal(le, r.seen, r.accept_odds, moment) is null
        -- The most that BetSum allows. The payout of a larger stake might not fit its column, and
        -- the event could never be settled.
        and r.sum_cents <= least(
          9999999999, max_stake(le.coefficient_hundredths, max_stake_cents, max_payout_cents)
        )
        and (r.account_id is null or r.request = any (affordable))
      limit 1
    ) e
    where exists (
      select from feed_position f
      where f.singleton and feed_is_fresh(f.fresh_at, moment, feed_max_age_ms)
    )
  ), numbered as materialized (
    select nextval('bets_id_seq') as id, a.* from acceptable a
  ), placed as (
    insert into bets
      (id, event_id, sum_cents, coefficient_hundredths, event_version, applied_version, state,
       created_at, client, account_id, idempotency_key, seen_coefficient_hundredths, accept_odds)
    -- The state that the bet follows so far. Its version is above the event's where the line has
    -- refuted the copy (take_events).
    select n.id, n.event_id, n.sum_cents, n.coefficient_hundredths, n.version,
           greatest(n.version, n.state_version), 'PENDING', moment, n.client, n.account_id,
           n.key, n.seen, n.accept_odds
    from numbered n
    -- Two batches with the same keys take them in the same order, so they never deadlock.
    order by n.client collate "C", n.key collate "C"
    on conflict (client, idempotency_key) where idempotency_key is not null do nothing
    returning bets.id, bets.client, bets.account_id, bets.sum_cents
  ), charged as (
    select count(*) from (
      select array_agg(client) as clients, array_agg(account_id) as account_ids,
             array_agg('stake'::text) as kinds, array_agg(-sum_cents) as amounts,
             array_agg(id) as bets, array_agg(null::bigint) as versions
      from (select * from placed where account_id is not null order by id) p
    ) s cross join lateral
      post_entries(clients, account_ids, kinds, amounts, bets, versions, moment)
  )
  select n.request, n.id, n.coefficient_hundredths, n.version, moment
  from placed join numbered n on n.id = placed.id cross join charged;
end $$;
