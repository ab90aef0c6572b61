-- One chunk of settling: looks at the next bets of the given events, at most chunk_size, in the
-- order (event_id, id) beyond the last one looked at, and brings those that are behind to what
-- their event's row says now: a settlement, a void, a correction or a rollback. Some are void,
-- whatever the result: see void_reason.
-- event_ids: a JSON array of the owed events. Returns how many were looked at and settled, and the
-- last.
-- Each event's bets are one range of one index, found and updated in its order, which is also the
-- order in which rows are locked. (Collecting the rows first, then locking and updating them, took
-- three times as long. Comparing pairs, `(event_id, id) <= (…)`, reads on to the event's last bet
-- each time, because PostgreSQL stops only at single columns.)
-- Every row is reached by its key: a plan made while the tables were small stays in use when they
-- are large.
create or replace function settle_chunk(
  event_ids text, after_event text, after_id bigint, chunk_size integer
) returns table (looked bigint, settled bigint, last_event text, last_id bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  owed record;
  beyond bigint;
  seen bigint;
  upto bigint;
  updated bigint;
begin
  looked := 0;
  settled := 0;
  for owed in
    select given.event_id, e.*
    from (
      select value collate "C" as event_id from json_array_elements_text(event_ids::json)
      where value collate "C" >= after_event collate "C"
    ) given
    cross join lateral (
      select le.state, le.state_version, le.void_after, le.void_until, le.unknown_until
      from line_events le where le.event_id = given.event_id limit 1
    ) e
    order by given.event_id
  loop
    beyond := case when owed.event_id = after_event collate "C" then after_id else 0 end;
    select count(*), max(b.id) into seen, upto from (
      select bets.id from bets
      where bets.event_id = owed.event_id and bets.id > beyond
      order by bets.event_id, bets.id limit chunk_size - looked
    ) b;
    continue when seen = 0;

    update bets b set
      state = case
        when void_reason(b.created_at, owed.void_after, owed.void_until, owed.unknown_until)
          is not null then 'VOID'
        when owed.state = 'NEW' then 'PENDING'
        when owed.state = 'FINISHED_WIN' then 'WIN'
        when owed.state = 'FINISHED_LOSE' then 'LOSE'
        else 'VOID' end,
      -- A product in bigint, exact; half a cent rounds up.
      payout_cents = case
        when void_reason(b.created_at, owed.void_after, owed.void_until, owed.unknown_until)
          is not null then b.sum_cents
        when owed.state = 'NEW' then null
        when owed.state = 'FINISHED_WIN' then (b.sum_cents * b.coefficient_hundredths + 50) / 100
        when owed.state = 'FINISHED_LOSE' then 0
        else b.sum_cents end,
      settled_at = case
        when void_reason(b.created_at, owed.void_after, owed.void_until, owed.unknown_until)
          is not null or owed.state <> 'NEW' then moment end,
      applied_version = owed.state_version
    where b.event_id = owed.event_id and b.id > beyond and b.id <= upto
      and b.applied_version < owed.state_version;
    get diagnostics updated = row_count;

    looked := looked + seen;
    settled := settled + updated;
    last_event := owed.event_id;
    last_id := upto;
    exit when looked >= chunk_size;
  end loop;
  return next;
end $$;
