-- One chunk of settling: looks at the next bets of the given events, at most chunk_size, in the
-- order (event_id, id) beyond the last one looked at, and brings those that are behind to what
-- their event's row says now: a settlement, a void, a correction or a rollback. Some are void,
-- whatever the result: see void_reason. The accounts that paid for them get the difference.
-- event_ids: a JSON array of the owed events. Returns how many were looked at and settled, the
-- last, and how many entries of each kind were written.
-- Each event's bets are found and updated in the order of one index, which is also the order in
-- which rows are locked. (Collecting the rows first, then locking and updating them, took three
-- times as long.)
-- Every row is reached by its key: a plan made while the tables were small stays in use when they
-- are large.
create or replace function settle_chunk(
  event_ids text, after_event text, after_id bigint, chunk_size integer
) returns table (
  looked bigint, settled bigint, last_event text, last_id bigint,
  payouts bigint, refunds bigint, corrections bigint
)
language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
declare
  moment timestamptz;
  ranges json := settling_ranges(event_ids, after_event, after_id, chunk_size);
  owed record;
  paid record;
  updated bigint;
  charged bigint;
  unpaid bigint;
begin
  looked := 0;
  settled := 0;
  -- No other worker settles these events meanwhile, and they do not change. In byte order.
  perform from json_to_recordset(ranges) as r (event_id text)
  cross join lateral (
    select from line_events le where le.event_id = r.event_id collate "C"
    limit 1 for no key update
  ) held;
  moment := clock_timestamp();
  -- Accounts before bets: a bet that is placed again waits for the row that has its key, and holds
  -- its account.
  select * into paid from pay_accounts(ranges, moment);
  payouts := paid.payouts;
  refunds := paid.refunds;
  corrections := paid.corrections;
  unpaid := -paid.bets;
  for owed in
    select r.event_id, r.beyond, r.upto, r.looked, e.*
    from json_to_recordset(ranges) as r (
      event_id text, beyond bigint, upto bigint, looked bigint
    )
    cross join lateral (
      select le.state, le.state_version, le.void_after, le.void_until, le.unknown_until
      from line_events le where le.event_id = r.event_id collate "C" limit 1
    ) e
    order by r.event_id collate "C"
  loop
    with moved as (
      update bets b set
        (state, payout_cents) = (
          select s.state, s.payout_cents from settlement(
            b.sum_cents, b.coefficient_hundredths,
            void_reason(b.created_at, owed.void_after, owed.void_until, owed.unknown_until),
            owed.state
          ) s
        ),
        settled_at = case
          when void_reason(b.created_at, owed.void_after, owed.void_until, owed.unknown_until)
            is not null or owed.state <> 'NEW' then moment end,
        applied_version = owed.state_version
      where b.event_id = owed.event_id collate "C" and b.id > owed.beyond and b.id <= owed.upto
        and b.applied_version < owed.state_version
      returning b.account_id
    )
    select count(*), count(account_id) into updated, charged from moved;
    unpaid := unpaid + charged;
    looked := looked + owed.looked;
    settled := settled + updated;
    last_event := owed.event_id;
    last_id := owed.upto;
  end loop;
  -- A bet that was placed before its event ended again may be stored between the two statements.
  if unpaid <> 0 then
    raise '% more bets were settled than paid', unpaid using errcode = 'serialization_failure';
  end if;
  return next;
end $$;
